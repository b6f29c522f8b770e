import {blocks} from 'docs:blocks';

import {present} from '../support/present';
import {programsInNode} from '../support/programs_in_node';

describe('The page about plots', () => {
  const run = programsInNode();

  // A reader has neither TypeScript nor the model of the tests.
  it('draws schedules by a block that is a program of its own, in JavaScript', async () => {
    const {code} = present(blocks.find(({name}) => /^docs\/plots\.md \d+, Schedules$/.test(name)));
    const lines = await run(code.replaceAll(/^(Object\..*); \/\/ → .*$/gm, 'console.log(JSON.stringify($1));'));
    const printed = lines.filter(line => line.startsWith('['));
    expect(printed.map((line): unknown => JSON.parse(line))).toEqual([
      ['lr', 'mom'],
      [['group 0', 'group 1', 'group 2'], null],
    ]);
  });
});
