// What tfjs-core's own optimizer specs get as `tf`. An export of the same name, written here, goes before the one of core.
export * from '@tensorflow/tfjs-core';
