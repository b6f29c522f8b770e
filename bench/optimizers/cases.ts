/** The shapes of a model's parameters. */
export interface Case {
  readonly name: string;
  readonly shapes: ReadonlyArray<readonly number[]>;
  /** The number of elements of all shapes. */
  readonly parameters: number;
}

const normalization = (channels: number): number[][] => [[channels], [channels]];

/** He et al., "Deep Residual Learning for Image Recognition" (2015), section 4.2, n = 3, with projections. */
function resNet20(): number[][] {
  const shapes = [[3, 3, 3, 16], ...normalization(16)];
  let before = 16;
  for (const channels of [16, 32, 64]) {
    for (let block = 0; block < 3; block++) {
      if (before !== channels) shapes.push([1, 1, before, channels]);
      shapes.push(
        [3, 3, before, channels],
        ...normalization(channels),
        [3, 3, channels, channels],
        ...normalization(channels),
      );
      before = channels;
    }
  }
  return [...shapes, [64, 10], [10]];
}

/** Howard et al., "MobileNets" (2017), table 1. */
function mobileNetV1(): number[][] {
  const shapes = [[3, 3, 3, 32], ...normalization(32)];
  let before = 32;
  for (const channels of [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024]) {
    shapes.push([3, 3, before, 1], ...normalization(before), [1, 1, before, channels], ...normalization(channels));
    before = channels;
  }
  return [...shapes, [1, 1, 1024, 1000], [1000]];
}

/** The number of elements of all shapes. */
export function elementsOf(shapes: Case['shapes']): number {
  return shapes.reduce((all, shape) => all + shape.reduce((a, b) => a * b, 1), 0);
}

function caseOf(name: string, shapes: Case['shapes']): Case {
  return {name, shapes, parameters: elementsOf(shapes)};
}

export const CASES: readonly Case[] = [
  caseOf('1 of 1 M', [[1_000_000]]),
  caseOf('1,000 × 1,000', [[1000, 1000]]),
  caseOf(
    '83 of 1,000',
    Array.from({length: 83}, () => [1000]),
  ),
  caseOf('ResNet-20', resNet20()),
  caseOf('MobileNetV1', mobileNetV1()),
  caseOf('1 of 4 M', [[4_000_000]]),
];
