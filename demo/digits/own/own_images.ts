import * as tf from '@tensorflow/tfjs';

import {at, defined} from '../../../examples/support/lookup';
import {percent} from '../../shared/numbers';
import {argMax} from '../contestant';
import {type Classes, examplesOf, FIRST_CLASSES, missingIn} from './classes';
import type {Classifier, Progress} from './classifier';
import type {Picture} from './picture';
import {restore, save} from './storage';

/** How the network reads a picture. */
export interface Answer {
  /** One per class. */
  readonly probabilities: readonly number[];
  /** In words. */
  readonly text: string;
}

/** The visitor's classes, and the network that tells them apart. */
export class OwnImages {
  #classes = FIRST_CLASSES;
  #classifier: Classifier | undefined;
  #trains = false;

  get classes(): Classes {
    return this.#classes;
  }

  get classifier(): Classifier | undefined {
    return this.#classifier;
  }

  /**
   * Replaces the classes. If their number is another one, the network is gone, because it has one output per class.
   * @throws where it is training, and would be gone.
   */
  change(classes: Classes): void {
    if (classes.length !== this.#classes.length) this.forget();
    this.#classes = classes;
  }

  /** Replaces classes and network by stored ones. */
  replace(classes: Classes, classifier: Classifier): void {
    this.forget();
    this.#classes = classes;
    this.#classifier = classifier;
  }

  /**
   * Takes the network along to another backend. TensorFlow.js would move its numbers too, but by reading them without
   * waiting, which WebGPU does badly.
   * @param change sets the backend.
   */
  async carryOver(change: () => Promise<void>): Promise<void> {
    if (this.#classifier === undefined) {
      await change();
      return;
    }
    let packed: tf.io.ModelArtifacts | undefined;
    const info = {modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON' as const}};
    const packing = tf.io.withSaveHandler(artifacts => {
      packed = artifacts;
      return Promise.resolve(info);
    });
    await save(this.#classes, this.#classifier, packing);
    this.forget();
    try {
      await change();
    } finally {
      const {classifier} = await restore(tf.io.fromMemory(defined(packed, 'packed network')));
      this.#classifier = classifier;
    }
  }

  /** Forgets the network, so that the next training starts anew. @throws while it is training. */
  forget(): void {
    if (this.#trains) throw new Error('The network is training. Stop it first.');
    this.#classifier?.dispose();
    this.#classifier = undefined;
  }

  /**
   * Trains the network to the end of a cycle.
   * @param make makes a new one for so many classes, if there is none.
   * @param signal stops it. What it has learnt until then stays.
   * @returns what it has learnt, in words.
   * @throws (rejects) where pictures are missing.
   */
  async train(
    make: (classes: number) => Classifier,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<string> {
    const missing = missingIn(this.#classes);
    if (missing !== undefined) throw new Error(missing);
    const examples = examplesOf(this.#classes);
    const classifier = this.#classifier ?? make(this.#classes.length);
    this.#classifier = classifier;
    this.#trains = true;
    try {
      await classifier.train(examples, signal, onProgress);
    } catch (error) {
      if (!signal.aborted) throw error;
      return `Stopped after ${classifier.epochs} epochs.`;
    } finally {
      this.#trains = false;
    }
    const answers = await classifier.read(examples.map(({picture}) => picture));
    const correct = examples.filter(({label}, i) => argMax(at(answers, i)) === label).length;
    return `Done. The network reads ${correct} of your ${examples.length} pictures correctly. Now try another one.`;
  }

  /** Reads a picture. @throws (rejects) where there is no network yet. */
  async read(picture: Picture): Promise<Answer> {
    if (this.#classifier === undefined)
      throw new Error('The network does not know your classes yet. Press Fine-tune first.');
    const probabilities = at(await this.#classifier.read([picture]), 0);
    const best = argMax(probabilities);
    return {probabilities, text: `${at(this.#classes, best).name} (${percent(at(probabilities, best))})`};
  }
}
