import * as tf from '@tensorflow/tfjs';

import {Contestant, type History} from './contestant';
import type {Course} from './course';
import type {Digits} from './digits';
import {entrantNamed} from './entrants';
import {Session} from './session';
import type {Setup} from './setup';

const PLACE = 'indexeddb://tfjs-optim-demo';
const FORMAT = 'tfjs-optim-demo 1';

/** What is kept with each model beside its weights and its optimizer. */
interface Kept {
  readonly format: typeof FORMAT;
  readonly name: string;
  readonly setup: Setup;
  readonly step: number;
  readonly course: Course;
  readonly history: History;
}

/** A training that is stored in the browser. */
export interface Stored {
  readonly setup: Setup;
  readonly step: number;
  /** Where its models are. */
  readonly places: readonly string[];
}

/** Saves a training in the browser, in place of the one before, which stays if this is interrupted. */
export async function save({setup, step, contestants}: Session): Promise<void> {
  const id = Date.now();
  for (const [i, {model, entrant, course, history}] of contestants.entries()) {
    const kept: Kept = {format: FORMAT, name: entrant.name, setup, step, course, history};
    model.setUserDefinedMetadata(kept);
    await model.save(`${PLACE}/${id}/${i + 1}-of-${contestants.length}`, {includeOptimizer: true});
  }
  const others = (await storedModels()).filter(model => model.id !== id);
  for (const {place} of others) await tf.io.removeModel(place);
}

/** The training that was saved last; undefined where there is none. */
export async function stored(): Promise<Stored | undefined> {
  const models = await storedModels();
  const trainings = [...new Set(models.map(({id}) => id))]
    .sort((a, b) => b - a)
    .map(id => models.filter(model => model.id === id));
  // One that was interrupted lacks models.
  const places =
    trainings
      .find(parts => parts.length === parts[0]?.parts)
      ?.sort((a, b) => a.part - b.part)
      .map(({place}) => place) ?? [];
  const [first] = places;
  if (first === undefined) return undefined;
  const artifacts = await tf.io.getLoadHandlers(first)[0]?.load?.();
  const {setup, step} = kept(artifacts?.userDefinedMetadata);
  return {setup, step, places};
}

/**
 * A stored training as it was when it was saved. Its backend has to be set. The package's optimizers go on bit for
 * bit; TensorFlow.js computes the powers of beta of tf.train.adam anew, which may round them otherwise.
 */
export async function restore({setup, step, places}: Stored, digits: Digits): Promise<Session> {
  const contestants: Contestant[] = [];
  try {
    for (const place of places) {
      const model = await tf.loadLayersModel(place);
      const {name, course, history} = kept(model.getUserDefinedMetadata());
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
    const [, id, part, parts] = new RegExp(`^${PLACE}/(\\d+)/(\\d+)-of-(\\d+)$`).exec(place) ?? [];
    return id === undefined ? [] : [{place, id: Number(id), part: Number(part), parts: Number(parts)}];
  });
}

function kept(metadata: unknown): Kept {
  if (isKept(metadata)) return metadata;
  throw new Error('The training in this browser was saved by another version of this page.');
}

function isKept(x: unknown): x is Kept {
  return typeof x === 'object' && x !== null && 'format' in x && x.format === FORMAT;
}
