import {readResults as readAnyResults, Records as AnyRecords, type Results as AnyResults} from '../records';
import {keyOf} from './search';
import type {Run} from './trained';

const BENCH = 'bench:convergence';

export type Results = AnyResults<Run>;

/** @throws where the file is not one of this benchmark. */
export const readResults = (file: string): Results => readAnyResults<Run>(file, BENCH);

/** The runs in the JSON file. */
export class Records extends AnyRecords<Run> {
  constructor(file: string) {
    super(file, BENCH, keyOf);
  }
}
