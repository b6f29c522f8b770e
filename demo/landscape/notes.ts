const FAR_FROM_ZERO =
  'Its steps grow with the distance of the point from (0, 0). That suits weights. On a map it is an accident.';
const AVERAGED =
  'The path shows the point that it trains. The point to use is an average of it. No schedule moves its rate.';

/** What an optimizer cannot show on a landscape, whose only parameter is a point. */
export const NOTES: Readonly<Record<string, string>> = {
  muon: 'A point is not a matrix, so muon treats it as it treats biases: by AdamW. Its own rule needs the digits.',
  mars: 'A point is not a matrix, so mars treats it as it treats biases: by AdamW.',
  adafactor: 'A point has no rows and columns. Here adafactor keeps a full average of squares, and saves no memory.',
  lamb: FAR_FROM_ZERO,
  larc: FAR_FROM_ZERO,
  prodigy: 'It finds its rate by itself. The learning rate is only a factor: leave it at 1.',
  adEMAMix: 'Its slow average remembers ten thousand gradients. A run here is too short for that.',
  ranger: 'Every 6 steps it goes half of the way back to its slow weights. So its path has corners.',
  scheduleFreeAdamW: AVERAGED,
  scheduleFreeSgd: AVERAGED,
  scheduleFreeRAdam: AVERAGED,
};
