import * as tf from '@tensorflow/tfjs';

import {at} from '../../../examples/support/lookup';
import type {Classes} from './classes';
import {type Base, Classifier} from './classifier';

/** Where the browser stores them. */
export const PLACE = 'indexeddb://tfjs-optim-demo-own-images';
const FORMAT = 'tfjs-optim-demo-own-images 1';

/** What is stored with the model besides its weights and its optimizer. */
interface Metadata {
  readonly format: typeof FORMAT;
  /** The pictures are bytes in base64. */
  readonly classes: ReadonlyArray<{readonly name: string; readonly pictures: readonly string[]}>;
  readonly base: Base;
  readonly epochs: number;
}

/** Saves pictures, network and optimizer. What was saved there before is replaced. */
export async function save(
  classes: Classes,
  {model, base, epochs}: Classifier,
  place: tf.io.IOHandler | string = PLACE,
): Promise<void> {
  const metadata: Metadata = {
    format: FORMAT,
    classes: classes.map(({name, pictures}) => ({name, pictures: pictures.map(base64Of)})),
    base,
    epochs,
  };
  model.setUserDefinedMetadata(metadata);
  await model.save(place, {includeOptimizer: true});
}

/** The names of the classes that are stored; undefined if nothing is. */
export async function storedNames(): Promise<readonly string[] | undefined> {
  if (!(PLACE in (await tf.io.listModels()))) return undefined;
  const artifacts = await at(tf.io.getLoadHandlers(PLACE), 0).load?.();
  return metadataOf(artifacts?.userDefinedMetadata).classes.map(({name}) => name);
}

/** Pictures and network as they were saved. */
export async function restore(
  place: tf.io.IOHandler | string = PLACE,
): Promise<{readonly classes: Classes; readonly classifier: Classifier}> {
  const model = await tf.loadLayersModel(place);
  const {classes, base, epochs} = metadataOf(model.getUserDefinedMetadata());
  return {
    classes: classes.map(({name, pictures}) => ({name, pictures: pictures.map(bytesIn)})),
    classifier: new Classifier(model, base, epochs),
  };
}

function metadataOf(metadata: unknown): Metadata {
  if (isMetadata(metadata)) return metadata;
  throw new Error('Another version of this page saved the pictures in this browser. Save new ones to replace them.');
}

function isMetadata(x: unknown): x is Metadata {
  return typeof x === 'object' && x !== null && 'format' in x && x.format === FORMAT;
}

/** Bytes as text in base64. */
export function base64Of(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function bytesIn(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0));
}
