import {LSTM, MLP_OF_A_MILLION, MNIST_CONV_NET, MOBILE_NET, RES_NET_20} from '../wasm_training/models';
import {TRANSFORMER} from './transformer';

export const MODELS = [MLP_OF_A_MILLION, MNIST_CONV_NET, RES_NET_20, MOBILE_NET, LSTM, TRANSFORMER];
