"""Weights and optimizer state of TensorFlow.js in PyTorch, and back.

    from tfjs_optim import load_into, save

    schedule = load_into(module, "model.safetensors", optimizer)
    ...                                # train; after each optimizer.step(): schedule.step(), if there is one
    save(module, optimizer, "model.safetensors", schedule)

The files are of the format safetensors. They come from `toTorch` of tfjs-optim/interchange, and `fromTorch` reads them.
It needs torch alone. Copy this file and tfjs_optim_state.py from the folder `python` of the npm package.
"""

import ctypes
import json
import math
import os
import struct

import torch

from tfjs_optim_state import fastai_entries, fastai_into, optimizer_entries, optimizer_into

__all__ = ["load", "load_into", "load_into_fastai", "save", "save_fastai"]

_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
    "C64": torch.complex64,
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
# Attributes of modules that change what they compute, and that a file tells.
_SETTINGS = ("eps", "momentum", "stride", "dilation")


def load(path):
    """The tensors of a file by name, and its metadata (texts by name)."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack_from("<Q", data)
    if length > len(data) - 8:
        raise ValueError(f"{path} is not a valid safetensors file: its header has {length} bytes.")
    header = json.loads(data[8 : 8 + length].decode("utf-8"))
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        dtype, (begin, end) = _DTYPES[entry["dtype"]], entry["data_offsets"]
        part = bytearray(data[8 + length + begin : 8 + length + end])
        if len(part) != math.prod(entry["shape"]) * dtype.itemsize:
            raise ValueError(f"{path} is not a valid safetensors file: '{name}' has {len(part)} bytes.")
        tensors[name] = (
            torch.frombuffer(part, dtype=dtype) if part else torch.empty(0, dtype=dtype)
        ).reshape(entry["shape"])
    return tensors, metadata


def load_into(module, path, optimizer=None):
    """Gives a module the weights of a file; with `optimizer`, also its state, groups and hypers.

    The names and shapes must be those of the module, and modules such as BatchNorm2d must have the numbers of the
    file (eps, momentum, stride, dilation). `optimizer` may be a list with one optimizer for each class in the file.
    With DistributedDataParallel or FSDP2's `fully_shard`, every process calls it.

    Returns the schedule of the file, of which `step()` must be called after each `optimizer.step()`; None without one.
    Raises ValueError where something does not fit, before anything is changed.
    """
    tensors, metadata = load(path)
    weights = _weights_for(_inner(module), tensors, metadata)
    schedule = optimizer_into(module, optimizer, tensors, metadata) if optimizer is not None else None
    _set_weights(_inner(module), weights)
    return schedule


def load_into_fastai(learner, path):
    """As `load_into`, for a `Learner` of fastai. Returns a callback for `learner.fit(…, cbs=…)`, or None."""
    tensors, metadata = load(path)
    weights = _weights_for(_inner(learner.model), tensors, metadata)
    schedule = fastai_into(learner, tensors, metadata)
    _set_weights(_inner(learner.model), weights)
    return schedule


def save(module, optimizer, path, schedule=None):
    """Writes the weights of a module, and the state of its optimizer (None: weights alone).

    `schedule`: what `load_into` returned, so that its position goes back too. With DistributedDataParallel or
    `fully_shard`, every process calls it, and the first one writes.
    """
    tensors, metadata = optimizer_entries(module, optimizer, schedule) if optimizer is not None else ({}, {})
    _save(_inner(module), tensors, metadata, path)


def save_fastai(learner, path, schedule=None):
    """As `save`, for a `Learner` of fastai."""
    _save(_inner(learner.model), *fastai_entries(learner, schedule), path)


def _inner(module):
    """The module inside of DistributedDataParallel."""
    return module.module if isinstance(module, torch.nn.parallel.DistributedDataParallel) else module


def _weights_for(module, tensors, metadata):
    """The weights of a file, after all checks."""
    own = _weights_of(module)
    weights = {name: tensor for name, tensor in tensors.items() if not name.startswith("state.")}
    # A parameter that modules share is there under one of its names.
    given = {id(own[name]) for name in weights if name in own}
    missing = [name for name, one in own.items() if id(one) not in given and not name.endswith("num_batches_tracked")]
    if missing:
        raise ValueError(f"The file has no {_listed(missing)}, which the module has; it has {_listed(weights)}.")
    strange = [name for name in weights if name not in own]
    if strange:
        raise ValueError(f"The file has {_listed(strange)}, which the module does not have; it has {_listed(own)}.")
    for name, tensor in weights.items():
        if tensor.shape != own[name].shape:
            raise ValueError(
                f"'{name}' has the shape {list(tensor.shape)} in the file, and {list(own[name].shape)} in the module."
            )
    modules = dict(module.named_modules())
    for name, settings in json.loads(metadata.get("modules", "{}")).items():
        for key, value in settings.items():
            mine = getattr(modules.get(name), key, None)
            if mine is not None and not _is_near(mine, value):
                raise ValueError(
                    f"'{name}' has {key} {mine}; the file needs {value}. Make the module with {key}={value}."
                )
    return weights


def _weights_of(module):
    """All parameters, and the buffers that are saved. A parameter that modules share counts once per name."""
    return {
        **module.state_dict(keep_vars=True),
        **dict(module.named_parameters(remove_duplicate=False)),
    }


def _set_weights(module, weights):
    own = _weights_of(module)
    with torch.no_grad():
        for name, tensor in weights.items():
            if hasattr(own[name], "full_tensor"):
                from torch.distributed.tensor import distribute_tensor

                value = tensor.to(own[name].device, own[name].dtype)
                tensor = distribute_tensor(value, own[name].device_mesh, own[name].placements)
            own[name].copy_(tensor)


def _is_near(mine, value):
    mine = list(mine) if isinstance(mine, tuple) else mine
    if isinstance(mine, (int, float)) and isinstance(value, (int, float)):
        return math.isclose(mine, value, rel_tol=1e-6)
    return mine == value


def _settings_of(module):
    found = {}
    for name, inner in module.named_modules():
        values = {key: getattr(inner, key, None) for key in _SETTINGS}
        values = {key: value for key, value in values.items() if isinstance(value, (int, float, tuple))}
        if values and next(inner.parameters(recurse=False), None) is not None:
            found[name] = values
    return found


def _save(module, tensors, metadata, path):
    weights = {}
    for name, tensor in _weights_of(module).items():
        if hasattr(tensor, "full_tensor"):
            tensor = tensor.full_tensor()
        weights[name] = tensor.detach().cpu()
    several = torch.distributed.is_available() and torch.distributed.is_initialized()
    if not several or torch.distributed.get_rank() == 0:
        texts = {"format": "pt", "modules": json.dumps(_settings_of(module)), **metadata}
        _write(path, {**weights, **tensors}, texts)
    if several:
        torch.distributed.barrier()


def _write(path, tensors, metadata):
    """Writes a file of the format safetensors. It has its name only when it is complete."""
    order = sorted(tensors, key=lambda name: (-tensors[name].dtype.itemsize, name))
    header, length = {"__metadata__": metadata}, 0
    for name in order:
        tensor = tensors[name]
        if tensor.dtype not in _NAMES:
            raise ValueError(f"'{name}' is {tensor.dtype}, which can't be written; convert the module to float32.")
        end = length + tensor.numel() * tensor.dtype.itemsize
        header[name] = {"dtype": _NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [length, end]}
        length = end
    text = json.dumps(header).encode("utf-8")
    text += b" " * (-len(text) % 8)
    unfinished = f"{path}.tmp"
    with open(unfinished, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            tensor = tensors[name].detach().cpu().contiguous().flatten()
            file.write(_bytes_of(tensor))
    os.replace(unfinished, path)


def _bytes_of(tensor):
    return ctypes.string_at(tensor.data_ptr(), tensor.numel() * tensor.dtype.itemsize) if tensor.numel() else b""


def _listed(names):
    names = list(names)
    return ", ".join(f"'{name}'" for name in names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
