import type {Range} from '../shared/scales';

/** A point of a landscape. */
export type Point2 = readonly [x: number, y: number];

/** A number that a function of the landscape takes, besides the point. */
export interface Parameter {
  /** Its name in links. */
  readonly name: 'condition' | 'noise';
  readonly label: string;
  readonly about: string;
  readonly least: number;
  readonly most: number;
  readonly usual: number;
  readonly log: boolean;
}

/** A function of two numbers to go down. The parameter is 0 where the function has none. */
export interface LandscapeFunction {
  /** Its name in links. */
  readonly name: string;
  readonly title: string;
  /** What it is like, in a sentence or two. */
  readonly about: string;
  readonly parameter?: Parameter;
  /** The part of the plane that the map shows. */
  readonly x: Range;
  readonly y: Range;
  readonly start: Point2;
  /** Where it is lowest. */
  readonly minima: readonly Point2[];
  /** Its value there. */
  readonly lowest: number;
  readonly value: (x: number, y: number, parameter: number) => number;
  readonly gradient: (x: number, y: number, parameter: number) => Point2;
  /** The same as JavaScript, for the program to copy: functions of x and y, with the parameter filled in. */
  readonly code: (parameter: number) => {readonly value: string; readonly gradient: string};
}

const CONDITION: Parameter = {
  name: 'condition',
  label: 'Condition number',
  about: 'How many times as steep the bowl is across the valley as along it.',
  least: 1,
  most: 1000,
  usual: 30,
  log: true,
};

const NOISE: Parameter = {
  name: 'noise',
  label: 'Noise',
  about: 'The standard deviation of what is added to each number of the gradient.',
  least: 0,
  most: 2,
  usual: 0.5,
  log: false,
};

/** The condition number of the noisy bowl. */
const NOISY_CONDITION = 10;

// The valley of a bowl lies along the direction (4, 3), so that no axis is special.
function bowl(x: number, y: number, condition: number): number {
  return ((0.8 * x + 0.6 * y) ** 2 / condition + (0.8 * y - 0.6 * x) ** 2) / 2;
}

function bowlGradient(x: number, y: number, condition: number): Point2 {
  const along = (0.8 * x + 0.6 * y) / condition;
  const across = 0.8 * y - 0.6 * x;
  return [0.8 * along - 0.6 * across, 0.6 * along + 0.8 * across];
}

function bowlCode(condition: number): {readonly value: string; readonly gradient: string} {
  return {
    value: `((0.8 * x + 0.6 * y) ** 2 / ${condition} + (0.8 * y - 0.6 * x) ** 2) / 2`,
    gradient: `{
  const along = (0.8 * x + 0.6 * y) / ${condition};
  const across = 0.8 * y - 0.6 * x;
  return [0.8 * along - 0.6 * across, 0.6 * along + 0.8 * across];
}`,
  };
}

export const FUNCTIONS: readonly LandscapeFunction[] = [
  {
    name: 'rosenbrock',
    title: 'Rosenbrock',
    about: 'A curved valley with steep walls. To reach the valley is easy; to follow its flat floor is hard.',
    x: [-2.2, 2.2],
    y: [-1.2, 3.2],
    start: [-0.5, 2.5],
    minima: [[1, 1]],
    lowest: 0,
    value: (x, y) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    gradient: (x, y) => [2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)],
    code: () => ({
      value: '(1 - x) ** 2 + 100 * (y - x * x) ** 2',
      gradient: '[2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)]',
    }),
  },
  {
    name: 'bowl',
    title: 'Bowl',
    about: 'A quadratic valley, aslant to both axes. The larger the condition number, the longer the valley.',
    parameter: CONDITION,
    x: [-4, 4],
    y: [-4, 4],
    start: [-3.4, 1.6],
    minima: [[0, 0]],
    lowest: 0,
    value: bowl,
    gradient: bowlGradient,
    code: bowlCode,
  },
  {
    name: 'beale',
    title: 'Beale',
    about: 'Flat around the minimum and very steep in the corners, so gradients differ by a factor of thousands.',
    x: [-4.5, 4.5],
    y: [-4.5, 4.5],
    start: [-1, -1.5],
    minima: [[3, 0.5]],
    lowest: 0,
    value: (x, y) => (1.5 - x + x * y) ** 2 + (2.25 - x + x * y ** 2) ** 2 + (2.625 - x + x * y ** 3) ** 2,
    gradient: (x, y) => {
      const [a, b, c] = [1.5 - x + x * y, 2.25 - x + x * y ** 2, 2.625 - x + x * y ** 3];
      return [2 * (a * (y - 1) + b * (y ** 2 - 1) + c * (y ** 3 - 1)), 2 * x * (a + 2 * b * y + 3 * c * y ** 2)];
    },
    code: () => ({
      value: '(1.5 - x + x * y) ** 2 + (2.25 - x + x * y ** 2) ** 2 + (2.625 - x + x * y ** 3) ** 2',
      gradient: `{
  const [a, b, c] = [1.5 - x + x * y, 2.25 - x + x * y ** 2, 2.625 - x + x * y ** 3];
  return [2 * (a * (y - 1) + b * (y ** 2 - 1) + c * (y ** 3 - 1)), 2 * x * (a + 2 * b * y + 3 * c * y ** 2)];
}`,
    }),
  },
  {
    name: 'himmelblau',
    title: 'Himmelblau',
    about: 'Four minima of the same depth. Which one is reached depends on the start, and on the optimizer.',
    x: [-5, 5],
    y: [-5, 5],
    start: [-0.6, -0.4],
    minima: [
      [3, 2],
      [-2.805118, 3.131312],
      [-3.77931, -3.283186],
      [3.584428, -1.848127],
    ],
    lowest: 0,
    value: (x, y) => (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
    gradient: (x, y) => {
      const [a, b] = [x * x + y - 11, x + y * y - 7];
      return [4 * x * a + 2 * b, 2 * a + 4 * y * b];
    },
    code: () => ({
      value: '(x * x + y - 11) ** 2 + (x + y * y - 7) ** 2',
      gradient: `{
  const [a, b] = [x * x + y - 11, x + y * y - 7];
  return [4 * x * a + 2 * b, 2 * a + 4 * y * b];
}`,
    }),
  },
  {
    name: 'saddle',
    title: 'Saddle',
    about:
      'A saddle between two minima. Near its middle the gradient is small, so an optimizer can lose much time there.',
    x: [-2, 2],
    y: [-1.8, 1.8],
    start: [-1.6, 0.02],
    minima: [
      [0, 1],
      [0, -1],
    ],
    lowest: -0.25,
    value: (x, y) => (x * x - y * y) / 2 + y ** 4 / 4,
    gradient: (x, y) => [x, y ** 3 - y],
    code: () => ({value: '(x * x - y * y) / 2 + y ** 4 / 4', gradient: '[x, y ** 3 - y]'}),
  },
  {
    name: 'noisy',
    title: 'Noisy bowl',
    about: 'A bowl whose gradients are disturbed, as those of small batches are. All optimizers get the same noise.',
    parameter: NOISE,
    x: [-4, 4],
    y: [-4, 4],
    start: [-3.4, 1.6],
    minima: [[0, 0]],
    lowest: 0,
    value: (x, y) => bowl(x, y, NOISY_CONDITION),
    gradient: (x, y) => bowlGradient(x, y, NOISY_CONDITION),
    code: () => bowlCode(NOISY_CONDITION),
  },
];

/** The function with this name; undefined where there is none. */
export function functionNamed(name: string): LandscapeFunction | undefined {
  return FUNCTIONS.find(one => one.name === name);
}

/** The distance from a point to the nearest minimum. */
export function distance({minima}: LandscapeFunction, [x, y]: Point2): number {
  return Math.min(...minima.map(([a, b]) => Math.hypot(x - a, y - b)));
}
