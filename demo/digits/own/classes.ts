import {at} from '../../../examples/support/lookup';
import type {Picture} from './picture';

/** A class that the visitor named, with the pictures that show it. */
export interface PictureClass {
  readonly name: string;
  readonly pictures: readonly Picture[];
}

export type Classes = readonly PictureClass[];

/** How many there may be, and how long a name may be. */
export const LIMITS = {classes: {least: 2, most: 3}, pictures: {least: 3, most: 100}, name: 30};

/** The classes of a page that was just opened. */
export const FIRST_CLASSES: Classes = [emptyClass(1), emptyClass(2)];

/** The classes, and one more. @throws where there is no room for it. */
export function withClass(classes: Classes): Classes {
  if (classes.length >= LIMITS.classes.most) throw new Error(`There can be ${LIMITS.classes.most} classes at most.`);
  const free = [classes.length + 1, 1, 2, 3]
    .map(emptyClass)
    .filter(({name}) => classes.every(other => other.name !== name));
  return [...classes, at(free, 0)];
}

/** The classes without class `i`. @throws where there are only two. */
export function withoutClass(classes: Classes, i: number): Classes {
  if (classes.length <= LIMITS.classes.least)
    throw new Error(`There must be ${LIMITS.classes.least} classes at least.`);
  return classes.filter((_, place) => place !== i);
}

export function renamed(classes: Classes, i: number, name: string): Classes {
  return changed(classes, i, one => ({...one, name: name.trim()}));
}

/** The classes, and a picture more in class `i`. @throws where the class has no room for it. */
export function withPicture(classes: Classes, i: number, picture: Picture): Classes {
  return changed(classes, i, one => {
    const {most} = LIMITS.pictures;
    if (one.pictures.length >= most) throw new Error(`'${one.name}' has ${most} pictures, which is the most.`);
    return {...one, pictures: [...one.pictures, picture]};
  });
}

/** The classes without picture `j` of class `i`. */
export function withoutPicture(classes: Classes, i: number, j: number): Classes {
  return changed(classes, i, one => ({...one, pictures: one.pictures.filter((_, place) => place !== j)}));
}

/** What must be done before the network can learn these classes, in a sentence; undefined if nothing. */
export function missingIn(classes: Classes): string | undefined {
  const unnamed = classes.findIndex(({name}) => name === '');
  if (unnamed >= 0) return `Class ${unnamed + 1} has no name. Give it one.`;
  const twice = classes.find(({name}, i) => classes.findIndex(other => other.name === name) !== i);
  if (twice !== undefined) return `Two classes have the name '${twice.name}'. Give one of them another name.`;
  const {least} = LIMITS.pictures;
  const filled = classes.filter(({pictures}) => pictures.length > 0);
  if (filled.length < LIMITS.classes.least) {
    const [only] = filled;
    return (
      `At least two classes need pictures, ${least} each; ` +
      (only === undefined ? 'none has any.' : `only '${only.name}' has some.`)
    );
  }
  const few = classes.find(({pictures}) => pictures.length < least);
  if (few === undefined) return undefined;
  const n = few.pictures.length;
  return (
    `'${few.name}' has ${countOf(n)} and needs ${least}. Add ${least - n}` +
    (n === 0 && classes.length > LIMITS.classes.least ? ', or remove the class.' : '.')
  );
}

/** A number of pictures, in words. */
export function countOf(n: number): string {
  return n === 1 ? '1 picture' : `${n === 0 ? 'no' : n} pictures`;
}

/** Names in a sentence: 'cats' and 'dogs'. */
export function listed(names: readonly string[]): string {
  const quoted = names.map(name => `'${name}'`);
  return [quoted.slice(0, -1).join(', '), ...quoted.slice(-1)].join(' and ');
}

/** A picture, and the number of its class. */
export interface Example {
  readonly picture: Picture;
  readonly label: number;
}

/** All pictures: the first one of each class, then the second one of each class, and so on. Batches are mixed then. */
export function examplesOf(classes: Classes): readonly Example[] {
  const longest = Math.max(...classes.map(({pictures}) => pictures.length));
  return Array.from({length: longest}, (_, round) =>
    classes.flatMap(({pictures}, label) => pictures.slice(round, round + 1).map(picture => ({picture, label}))),
  ).flat();
}

function emptyClass(number: number): PictureClass {
  return {name: `Class ${number}`, pictures: []};
}

function changed(classes: Classes, i: number, change: (one: PictureClass) => PictureClass): Classes {
  return classes.map((one, place) => (place === i ? change(one) : one));
}
