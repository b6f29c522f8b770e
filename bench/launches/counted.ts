import {type BenchModel, MOBILE_NET, RES_NET_20} from '../wasm_training/models';

/** The models whose launches are counted. */
export const COUNTED: readonly BenchModel[] = [RES_NET_20, MOBILE_NET];
