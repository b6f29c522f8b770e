"""Steps of an optimizer whose parameters FSDP2 has sharded, from and to a file of tfjs-optim. Run by torchrun."""

import importlib
import json
import sys

import torch
import torch.distributed as dist
from safetensors.torch import save_file
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import distribute_tensor

from dense_net import loaded, module_of
from tfjs_optim_state import optimizer_entries, optimizer_into

torch.set_num_threads(1)


def main(options):
    dist.init_process_group("gloo")
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    tensors, metadata = loaded(options["path"])
    gradients, _ = loaded(options["gradients"])
    module = module_of(tensors)
    fully_shard(module, mesh=mesh)
    home, _, cls = options["class"].rpartition(".")
    optimizer = getattr(importlib.import_module(home), cls)(module.parameters(), lr=0.5)
    schedule = optimizer_into(module, optimizer, tensors, metadata)
    for i in range(options["from"], options["to"]):
        for name, parameter in module.named_parameters():
            gradient = gradients[f"{i}.{name}"]
            parameter.grad = (
                distribute_tensor(gradient, mesh, parameter.placements) if parameter.requires_grad else None
            )
        optimizer.step()
        if schedule is not None:
            schedule.step()
    saved, metadata = optimizer_entries(module, optimizer, schedule)
    weights = {name: parameter.full_tensor().detach().clone() for name, parameter in module.named_parameters()}
    if dist.get_rank() == 0:
        save_file({**weights, **saved}, options["out"], metadata)
    dist.barrier()
    dist.destroy_process_group()


main(json.loads(sys.argv[1]))
