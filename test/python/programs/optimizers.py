"""Steps of real optimizers with given gradients, from and to files of tfjs-optim."""

import importlib

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from serving import serve
from tfjs_optim_state import optimizer_entries, optimizer_into

torch.set_num_threads(1)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Linear(6, 8)
        self.dense = torch.nn.Linear(8, 6)
        self.head = torch.nn.Linear(6, 5)


def loaded(path):
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()




def steps(options):
    tensors, metadata = loaded(options["path"])
    module = Net()
    module.load_state_dict({name: tensor for name, tensor in tensors.items() if not name.startswith("state.")})
    optimizers = []
    for name in options["classes"]:
        home, _, cls = name.rpartition(".")
        matrices = [p for p in module.parameters() if p.dim() == 2 or not cls.startswith("Muon")]
        optimizers.append(getattr(importlib.import_module(home), cls)(matrices, lr=0.5))
    schedule = optimizer_into(module, optimizers, tensors, metadata)
    gradients, _ = loaded(options["gradients"])
    bfloat16 = torch.Tensor.bfloat16
    if options.get("float32"):
        # A copy as bfloat16() makes one: the iteration divides in place.
        torch.Tensor.bfloat16 = lambda tensor: tensor.float().clone()
    try:
        for i in range(options["from"], options["to"]):
            for name, parameter in module.named_parameters():
                gradient = gradients.get(f"{i}.{name}")
                parameter.grad = gradient.clone() if parameter.requires_grad and gradient is not None else None
            for optimizer in optimizers:
                optimizer.step()
            if schedule is not None:
                schedule.step()
    finally:
        torch.Tensor.bfloat16 = bfloat16
    tensors, metadata = optimizer_entries(module, optimizers, schedule)
    weights = {name: parameter.detach().clone() for name, parameter in module.named_parameters()}
    save_file({**weights, **tensors}, options["out"], metadata)
    return [group["lr"] for optimizer in optimizers for group in optimizer.param_groups]


serve(steps=steps)
