import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import {Kernels} from '../wasm_training/variants';
import {MLP_OF_A_MILLION, MNIST_CONV_NET, RES_NET_20, MOBILE_NET, LSTM} from '../wasm_training/models';
import {TRANSFORMER} from './transformer';
import {setupOf} from './setup';
import {tfjsContestants} from './tfjs';
import {jaxContestant} from './jax';
await tf.setBackend('wasm');
const kernels=new Kernels(); await kernels.load();
for (const m of [MLP_OF_A_MILLION, MNIST_CONV_NET, LSTM, TRANSFORMER, RES_NET_20, MOBILE_NET]) {
  const s=setupOf(m);
  console.log(m.name, s.graph.length, s.graph.map(n=>n.op).join(' ').slice(0,200));
  for (const c of [...tfjsContestants(k=>kernels.use(k)), jaxContestant('wasm')]) {
    try { const t=await c.start(s); const l=[]; let ms=0; const b=performance.now(); for(let i=0;i<10;i++){const r=await t.run(1); l.push(r.loss.toFixed(5)); ms=r.ms;} console.log(c.name, ms.toFixed(1), 'all', (performance.now()-b).toFixed(0), l.join(' ')); t.dispose(); } catch(e){console.log(c.name,'ERR',String((e as Error).message).slice(0,300), process.env.ST?(e as Error).stack:'');}
  }
}
