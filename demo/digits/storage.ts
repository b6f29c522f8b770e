// After a reload, a restored training may hold any optimizer of the package, and a schedule.
import 'tfjs-optim/all';

import * as tf from '@tensorflow/tfjs';

import {at} from '../../examples/support/lookup';
import {Contestant, type History} from './contestant';
import type {Course} from './course';
import type {Digits} from './digits';
import {entrantNamed} from './entrants';
import {Session} from './session';
import type {Setup} from './setup';

const PLACE = 'indexeddb://tfjs-optim-demo';
const FORMAT = 'tfjs-optim-demo 1';

/** A training that was saved before there were several models and cycles lacks them. */
type StoredSetup = Omit<Setup, 'model' | 'cycles'> & Partial<Pick<Setup, 'model' | 'cycles'>>;

/** What is stored with each model besides its weights and its optimizer. */
interface Metadata {
  readonly format: typeof FORMAT;
  readonly name: string;
  readonly setup: StoredSetup;
  readonly step: number;
  readonly course: Course;
  readonly history: History;
}

/** A training that is stored in the browser. */
export interface Stored {
  readonly setup: Setup;
  readonly step: number;
  /** The addresses of its models. */
  readonly places: readonly string[];
}

/** Saves a training in the browser, and then removes the previous one. If saving is interrupted, that one stays. */
export async function save({setup, step, contestants}: Session): Promise<void> {
  const id = Date.now();
  for (const [i, contestant] of contestants.entries()) {
    contestant.followCourse();
    const {model, entrant, course, history} = contestant;
    const metadata: Metadata = {format: FORMAT, name: entrant.name, setup, step, course, history};
    model.setUserDefinedMetadata(metadata);
    await model.save(`${PLACE}/${id}/${i + 1}-of-${contestants.length}`, {includeOptimizer: true});
  }
  const others = (await storedModels()).filter(model => model.id !== id);
  for (const {place} of others) await tf.io.removeModel(place);
}

/** The training that was saved last; undefined if none was. */
export async function stored(): Promise<Stored | undefined> {
  const models = await storedModels();
  const trainings = [...new Set(models.map(({id}) => id))]
    .sort((a, b) => b - a)
    .map(id => models.filter(model => model.id === id));
  // A save that was interrupted lacks models.
  const complete = trainings.find(models => models.every(({parts}) => parts === models.length));
  if (complete === undefined) return undefined;
  const places = complete.sort((a, b) => a.part - b.part).map(({place}) => place);
  const artifacts = await at(tf.io.getLoadHandlers(at(places, 0)), 0).load?.();
  const {setup, step} = metadataOf(artifacts?.userDefinedMetadata);
  return {setup: {model: 'conv', cycles: 1, ...setup}, step, places};
}

/**
 * A stored training as it was when it was saved. The caller must set its backend first. The package's optimizers go
 * on bit for bit. tf.train.adam may not, because TensorFlow.js computes its powers of beta again, and may round them
 * in another way.
 */
export async function restore({setup, step, places}: Stored, digits: Digits): Promise<Session> {
  const contestants: Contestant[] = [];
  try {
    for (const place of places) {
      const model = await tf.loadLayersModel(place);
      const {name, course, history} = metadataOf(model.getUserDefinedMetadata());
      contestants.push(new Contestant(entrantNamed(name), model, course, history));
    }
  } catch (error) {
    contestants.forEach(contestant => {
      contestant.dispose();
    });
    throw error;
  }
  return new Session(setup, digits, contestants, step);
}

async function storedModels() {
  return Object.keys(await tf.io.listModels()).flatMap(place => {
    const match = new RegExp(`^${PLACE}/(\\d+)/(\\d+)-of-(\\d+)$`).exec(place);
    // Another page of this origin stored the model.
    if (match === null) return [];
    const [, id, part, parts] = match;
    return [{place, id: Number(id), part: Number(part), parts: Number(parts)}];
  });
}

function metadataOf(metadata: unknown): Metadata {
  if (isMetadata(metadata)) return metadata;
  throw new Error('Another version of this page saved the training in this browser. Save a new one to replace it.');
}

function isMetadata(x: unknown): x is Metadata {
  return typeof x === 'object' && x !== null && 'format' in x && x.format === FORMAT;
}
