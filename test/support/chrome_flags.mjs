// Software rendering, so that WebGL and WebGPU exist on machines without a GPU.
const SOFTWARE = [
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--use-webgpu-adapter=swiftshader',
  // ANGLE compiles a program when it is linked. With a cache per program, it optimizes it again at the first draw. That
  // takes about a quarter of the time of the specs on WebGL.
  '--enable-angle-features=preferGlobalPipelineCache',
];

// The rest keeps the browser off the network.
const COMMON = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--enable-unsafe-webgpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

// A webcam that shows moving shapes, and that every page may use.
const WEBCAM = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** The flags of Chrome. @param gpu whether it renders on the machine's GPU. @param webcam whether it has a webcam. */
export const chromeFlags = ({gpu = false, webcam = false} = {}) => [
  ...COMMON,
  ...(gpu ? [] : SOFTWARE),
  ...(webcam ? WEBCAM : []),
];
