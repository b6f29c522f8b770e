/** What an optimizer cannot show on a landscape, whose only parameter is a point. */
export const NOTES: Readonly<Record<string, string>> = {
  muon: 'A point is no matrix, so muon treats it as it treats biases: by AdamW. Its own rule needs the digits.',
  mars: 'A point is no matrix, so mars treats it as it treats biases: by AdamW.',
  adafactor: 'A point has no rows and columns. Here adafactor keeps a full average of squares, and saves no memory.',
  lamb: 'Its steps are as large, in relation, as the point is far from (0, 0). Of weights that makes sense; of a place on a map it is an accident.',
  larc: 'Its steps are as large, in relation, as the point is far from (0, 0). Of weights that makes sense; of a place on a map it is an accident.',
  prodigy: 'It finds its rate by itself. The learning rate is only a factor: leave it at 1.',
  adEMAMix: 'Its slow average remembers ten thousand gradients. A run here is too short for that.',
  ranger: 'Every 6 steps it goes half of the way back to its slow weights. So its path has corners.',
  scheduleFreeAdamW:
    'The path shows the point that it trains. The point to use is an average of it. No schedule moves its rate.',
  scheduleFreeSgd:
    'The path shows the point that it trains. The point to use is an average of it. No schedule moves its rate.',
  scheduleFreeRAdam:
    'The path shows the point that it trains. The point to use is an average of it. No schedule moves its rate.',
};
