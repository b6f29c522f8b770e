"""The Python package safetensors: reads and writes files for the spec."""

from base64 import b64decode, b64encode

import safetensors
import torch
from safetensors.torch import load, save
from serving import serve

DTYPES = {
    "float64": torch.float64,
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "int64": torch.int64,
    "int32": torch.int32,
    "uint8": torch.uint8,
    "bool": torch.bool,
    "complex64": torch.complex64,
}


def numbers(tensor):
    """A tensor as lists: complex numbers are pairs, and booleans are 0 and 1."""
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor)
    return tensor.to(torch.float64).flatten().tolist()


def read(text):
    file = b64decode(text)
    return {
        name: {"dtype": str(tensor.dtype), "shape": list(tensor.shape), "data": numbers(tensor)}
        for name, tensor in load(file).items()
    }


def write(tensors, metadata):
    made = {
        name: torch.tensor(one["data"], dtype=torch.float64).to(DTYPES[one["dtype"]]).reshape(one["shape"])
        for name, one in tensors.items()
    }
    return b64encode(save(made, metadata)).decode()


def accepted(texts):
    """Which files the package reads."""

    def reads(text):
        try:
            safetensors.deserialize(b64decode(text))
            return True
        except safetensors.SafetensorError:
            return False

    return [reads(text) for text in texts]


serve(read=read, write=write, accepted=accepted)
