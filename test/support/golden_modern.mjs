// Plain JavaScript beside hand-written types, as in golden_files.mjs.
export {default as adafactor} from '../golden_modern/adafactor.json' with {type: 'json'};
export {default as muon} from '../golden_modern/muon.json' with {type: 'json'};
export {default as prodigy} from '../golden_modern/prodigy.json' with {type: 'json'};
