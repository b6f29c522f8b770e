// The turns of phrase that check_prose.mjs keeps out of the project, as data. Many readers are not native speakers.
// A space in a pattern stands for any white space. Lists of words are joined by `|`.

const list = words => words.trim().split(/\s+/).join('|');

/** What "per" counts: "one kernel per step". */
const UNITS = list(`
  step group parameter second minute hour day week epoch batch image digit element texel variable output seed draw
  dispatch product optimizer layer hyper thread workgroup tensor page run row column line call kernel structure pass
  backend frame entry callback weight model sample word file test spec case machine process user
`);

const NUMBER = `(?:one|two|three|four|five|six|seven|eight|nine|ten|[0-9](?:[0-9.,·]*[0-9])?)`;

/** Quantities that have no number before them: "milliseconds a step". */
const MEASURES = list('ns µs ms milliseconds microseconds seconds minutes hours bytes kB MB GB KiB MiB GiB');

/** What there is one of, or some of, per unit. */
const COUNTED = list(`
  values? objects? cases? rates? numbers? lists? entry entries draws? dispatch dispatches kernels? textures? buffers? pass passes rows?
  bytes? calls? lines? words? tensors? targets? metrics? digits? vectors? lanes? optimizers? steps? weights? sums?
  seconds? minutes? hours? ns µs ms s milliseconds? microseconds? kB MB GB bits? times slots? offsets?
`);

/** "once a model was trained": a clause, not a rate. */
const NO_CLAUSE = `(?! (?:is|are|was|were|has|had|have|can|does|did|gets?|takes?|needs?|may|could|\\w+ed)\\b)`;

const A_UNIT = `an? (?:${UNITS})\\b(?!['’]s\\b|-)${NO_CLAUSE}`;

const PER = {
  why: '"a" for "each" is hard to read',
  write: '"per", as in "one per group", "once per step" or "milliseconds per step"',
};

/**
 * `pattern`: what is found, whatever the case of its letters. `why`: what is wrong with it. `write`: what to write
 * instead. `catches` and `spares`: what the pattern must find, and what it must leave alone.
 * @type {readonly import('./prose_patterns.mjs').ProsePattern[]}
 */
export const PATTERNS = [
  {
    pattern: `(?<!(?:the|which) )\\b${NUMBER} ${A_UNIT}`,
    ...PER,
    catches: ['a list with one a group', 'It is 1 a step.', 'one value, one a\n * parameter'],
    spares: ['a list with one per group', 'the one a group has', 'from 0 to a step further'],
  },
  {
    pattern: `(?<!(?:the|which|a) )\\b${NUMBER} (?:learning )?(?:${COUNTED}) ${A_UNIT}`,
    ...PER,
    catches: ['one draw a parameter', 'one learning rate a group', '0.35 µs a parameter', '28·28 bytes an image'],
    spares: ['one draw per parameter', 'the two values a parameter has', 'after 3 steps a model is saved'],
  },
  {
    pattern: `(?<!(?:many|much|the|few|some) )\\b(?:${MEASURES}) ${A_UNIT}`,
    ...PER,
    catches: ['Milliseconds a step, of each optimizer', '40 MB a second', 'cpu takes minutes an epoch'],
    spares: ['milliseconds per step', 'how many bytes a tensor takes', 'the seconds an epoch took'],
  },
  {
    pattern: `\\b(?:once|twice|times) ${A_UNIT}`,
    ...PER,
    catches: ['It is traced once a step.', 'saved twice a day', 'three times a second'],
    spares: [
      'once per step',
      'nothing is compiled once a model was trained',
      'once a step failed',
      "times a group's rate",
    ],
  },
  {
    pattern: `\\bthe original\\b(?! (?:papers?|models?|weights?|values?|tensors?|variables?|names?|order|text|files?|data|errors?|methods?|functions?|shapes?|loss|run|state)\\b)`,
    why: 'it is not clear what the original is',
    write: '"fastai", or the name of what is meant',
    catches: ['As in the original, it counts steps.', 'The original takes more for better.'],
    spares: ['As in fastai, it counts steps.', 'the original paper', 'the original weights'],
  },
  {
    pattern: `\\b(?:every|the) so many\\b|\\bso many(?:'?th|ieth)\\b|\\bso manieth\\b`,
    why: '"so many" does not say how many',
    write: '"every n-th", or "every n batches" with n explained',
    catches: ['adds up every so manieth texel', 'saves every so many batches', "each so many'th step"],
    spares: ['sums every n-th texel', 'there are so many that it takes long'],
  },
  {
    pattern: `(?<!\\bthere )\\b(?:is|are|was|were) no (?!(?:longer|more|less|fewer|worse|better|higher|lower|larger|smaller|earlier|later|way|such)\\b)[a-z]+`,
    why: '"is no …" is not plain English',
    write: '"is not a …"; in an error, what is expected: "Callback 0 must be made with callback(…); got 3."',
    catches: ['Callback 0 is no callback but 3', "'x' is no number", 'it is no error'],
    spares: ["'x' is not a number", 'there is no callback', 'is no longer shown', 'is no higher than the minimum'],
  },
  {
    pattern: `\\bno \\w+(?: \\w+)? but\\b|\\bnothing but\\b|\\bnone but\\b`,
    why: '"no … but …" is not plain English',
    write: '"only", or two sentences',
    catches: ['it answers nothing but dispose()', 'no configuration but its own tells', 'got no callback but 3'],
    spares: ['it answers only dispose()', 'It has no state, but it counts steps.'],
  },
  {
    pattern: `(?<!\\bthere )\\b(?:is|are|was|were) none\\b`,
    why: '"is none" is not plain English',
    write: '"does not exist", "there is none", or "is not one of …"',
    catches: ['where the callbacks are none', 'This is none of tf.train.'],
    spares: ['where there are none', 'It is not one of tf.train.'],
  },
  {
    pattern: `\\bgives? to\\b`,
    why: 'it is not clear what is given',
    write: '"pass … to", or name what is given',
    catches: ['the list that you give to minimize', 'what it gives to the step'],
    spares: ['the list that you pass to minimize', 'it gives the step its rate'],
  },
  {
    pattern: `\\bwhat stands\\b|\\bstands? (?:there|above|below|beside|besides|before|after|under|over|in (?!for\\b)(?:a|an|the|its|one|two|\\w+/)|as it|apart)\\b`,
    why: 'texts and numbers do not stand',
    write: '"is", as in "the comment above" or "the text after // →"',
    catches: ['what stands after the options', 'its docstring stands above', 'names stand in the order of use'],
    spares: ['the text after the options', 'it stands in for the real backend', 'a stand-in'],
  },
  {
    pattern: `\\bnobody can\\b`,
    why: 'it is not clear who could, and what',
    write: 'what holds instead: "where no other tensor shares the data"',
    catches: ['only where nobody can tell'],
    spares: ['only where no other tensor shares the data'],
  },
  {
    pattern: `\\b(?:was|were) wanted\\b|\\b(?:was|were) to come\\b|\\b(?:was|is) no way\\b(?! to\\b)`,
    why: 'the sentence is clipped',
    write: 'a full sentence: "The budget is 30 kB; today it is 28.3 kB." or "It was rejected because …"',
    catches: ['30 were wanted, and it is 28.3', 'One tensor was to come out.', 'Waiting was no way: they came late.'],
    spares: [
      'The budget is 30 kB; today it is 28.3 kB.',
      'It was rejected because they came late.',
      'there is no way to tell',
    ],
  },
  {
    pattern: `[,(] ?say[,)]|\\(say `,
    why: '"say" as an aside is not plain English',
    write: '"for example"',
    catches: ['a convolution of 1 by 3, say, but not of 1 by 1', 'a few (say 3)'],
    spares: ['for example, a convolution of 1 by 3', 'as its authors say'],
  },
  {
    pattern: `\\b(?:${list(`
      whence hence thence therein thereof thereby thereto therefrom wherein whereby whereof whereas lest albeit thus
      shall ought upon amongst whilst henceforth heretofore hitherto nought forthwith
    `)})\\b`,
    why: 'the word is archaic or literary',
    write: '"from there", "so", "in it", "by which", "must", "on", "among", "while", …',
    catches: ['Thus it is the same.', 'whence it came', 'lest it fail', 'the caller shall dispose it'],
    spares: ['So it is the same.', 'where it came from', 'the caller must dispose it'],
  },
  {
    pattern: `\\bof late\\b|\\bin vain\\b|\\bat that(?=[.,;:)]|$)|\\bso as to\\b|\\bwould have it\\b|\\bbe it\\b(?= )|\\bbe they\\b|\\b(?:it|they) be\\b(?=,)`,
    why: 'the phrase is archaic or literary',
    write: 'a plain word: "lately", "without effect", "too", "to", …',
    catches: [
      'the kernels that were imported in vain',
      'slow at that.',
      'as luck would have it',
      'so as to save memory',
    ],
    spares: ['the kernels that have no effect', 'It is slow, too.', 'looks at that tensor', 'to save memory'],
  },
  {
    pattern: `\\bwhatever (?:it|they|that|he) (?:may|might)\\b`,
    why: 'the phrase is literary',
    write: '"any …", as in "any callback"',
    catches: ['the value, whatever it may be'],
    spares: ['any value'],
  },
  {
    pattern: `\\b(?:is|are) (?:the )?(?:caller|callback|optimizer|user|step)[’']s to [a-z]+`,
    why: 'the sentence is turned around',
    write: '"the caller must dispose it"',
    catches: ["it is the caller's to dispose"],
    spares: ['the caller must dispose it'],
  },
  {
    pattern: `[,;:] for (?:they|there|we|nobody|he|she)\\b|[,;:] for (?:it|this|that|tfjs|fastai|TensorFlow\\.js) (?:is|has|was|had|can|may|must|would|will|does|\\w{3,}s)\\b(?!['’])|[,;:] for (?:a|an|the|its|their) (?:(?!(?:that|which|who|whose|where|when|if|and|or|in|of|to|is|are|was|were)\\b)[\\w-]+ ){1,3}(?:is|are|was|were|may|can|would|will|has|have|had|must|does|do)\\b`,
    why: '"for" in front of a reason is literary',
    write: '"because"',
    catches: [
      'Eager, for they have no kernel.',
      'a program of its own, for it loads copies',
      'Only now, for the next step may change them.',
      'few shapes, for tfjs compiles a program for each',
    ],
    spares: [
      'because they have no kernel',
      'once for training, for the step and for its sums',
      'for each group, for the group that is frozen',
      'The data, for it and for others.',
    ],
  },
  {
    pattern: `\\bwhat there (?:is|are)\\b|\\bthat there (?:is|are)(?: not)?(?=[.,;:)'"\`]|$)`,
    why: 'the clause says nothing',
    write: 'the thing itself: "the hypers of the optimizer", "an unknown setting"',
    catches: ['shows what there is to run', 'a setting that there is not,', 'all files that there are.'],
    spares: ['shows what can be run', 'says that there is no storage', 'it knows that there is one.'],
  },
  {
    pattern: `\\bso that [^.;:\\n]{3,150}\\bso that\\b`,
    why: 'two "so that" in one sentence are hard to follow',
    write: 'two sentences',
    catches: ['It waits, so that it is complete, so that it can be saved.'],
    spares: ['It waits, so that it is complete. Then it can be saved.'],
  },
  {
    pattern: `\\band (?:its|their) (?:like|kin)\\b|\\bor its like\\b`,
    why: 'it is not clear what else is meant',
    write: 'the names, or "the other fit functions"',
    catches: ['`fitOneCycle` and its like count batches', '`schedLin` and its kin'],
    spares: ['`fitOneCycle` and the other fit functions count batches'],
  },
  {
    pattern: `\\bwhat(?:ever)? (?:comes|came|becomes|became) of\\b|\\bas if (?:nothing|it) had(?: not)? been(?=[^\\w ]|$)`,
    why: 'the phrase is an idiom',
    write: '"the result", or "as if it had not been interrupted"',
    catches: ['prints what came of it', 'goes on as if nothing had been, frozen ones too'],
    spares: ['prints the result', 'goes on as if it had not been interrupted'],
  },
  {
    pattern: `\\bbesides(?=[.,;:)])|\\botherwise than\\b|\\b(?:is|are) held to\\b`,
    why: 'the word is not common in this sense',
    write: '"too" or "also"; "differently from"; "must"',
    catches: ['What WebGL 1 takes besides: words.', 'stored otherwise than expected', 'it is held to leaving none'],
    spares: ['What WebGL 1 takes too: words.', 'stored differently from the parameter', 'it must leave none'],
  },
  {
    pattern: `\\bmend(?:s|ed|ing)?\\b`,
    why: 'programs are not mended',
    write: '"fix"',
    catches: ['One import mends both.', 'a defect of fastai that is mended here'],
    spares: ['One import fixes both.', 'recommended', 'amended'],
  },
  {
    pattern: `\\bone['’]s own\\b`,
    why: '"one" as a person is stilted',
    write: '"your own"',
    catches: ["a rule of one's own"],
    spares: ['your own rule', 'a rule of your own'],
  },
  {
    pattern: `(?<!\\bnot\\b[^.]{0,80})\\bbut for\\b`,
    why: '"but for" is literary',
    write: '"except", or "except for"',
    catches: ['graphs that are equal but for their numbers'],
    spares: ['graphs that are equal except for their numbers', 'Not for training but for tests.'],
  },
  {
    pattern: `\\b(?:is|are|was|were) taken for\\b`,
    why: 'it can be read as "is used for"',
    write: '"counts as", or "is treated as"',
    catches: ['weights that are written are taken for those of the state'],
    spares: ['weights that are written count as those of the state', 'the time taken for a step'],
  },
  {
    pattern: `\\bnor (?:is|are|does|do|has|have|can|will|was|were|did)\\b|\\bonly (?:then|now|so|there) (?:is|are|does|do|can|has|have|will|was|were)\\b`,
    why: 'the verb comes before its subject',
    write: 'a sentence that starts with its subject: "Its defaults are not known either."',
    catches: ['It is not known, nor are its defaults.', 'Only then is it saved.'],
    spares: ['Its defaults are not known either.', 'neither tensors nor numbers', 'It is saved only then.'],
  },
  {
    pattern: `<{7} \\S`,
    why: 'it is left from a merge',
    write: 'what both sides meant',
    catches: ['<<<<<<< HEAD'],
    spares: ['a << 7', '>>> print(1)'],
  },
];
