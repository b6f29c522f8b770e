"""Steps of real optimizers with given gradients, from and to files of tfjs-optim."""

import importlib

import torch
from safetensors.torch import save_file

from dense_net import loaded, module_of
from serving import serve
from tfjs_optim_state import optimizer_entries, optimizer_into

torch.set_num_threads(1)


def optimizer_of(name, module):
    home, _, cls = name.rpartition(".")
    matrices = [p for p in module.parameters() if p.dim() == 2 or not cls.startswith("Muon")]
    return getattr(importlib.import_module(home), cls)(matrices, lr=0.5)


def steps(options):
    """Steps from a file, or by an optimizer that is made here as most programs make it."""
    tensors, metadata = loaded(options["path"])
    module = module_of(tensors)
    if "own" in options:
        optimizers, schedule = [torch.optim.AdamW(module.parameters(), **options["own"])], None
    else:
        optimizers = [optimizer_of(name, module) for name in options["classes"]]
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


def refused(options):
    """What a file raises, and whether module and optimizer are as they were."""
    tensors, metadata = loaded(options["path"])
    module = module_of({name: tensor for name, tensor in tensors.items()})
    optimizer = optimizer_of(options["class"], module)
    for parameter in module.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    before = repr(optimizer.state_dict()), [parameter.requires_grad for parameter in module.parameters()]
    for name in options.get("without", []):
        delattr(module, name)
    try:
        optimizer_into(module, optimizer, tensors, metadata)
        error = ""
    except ValueError as raised:
        error = str(raised)
    after = repr(optimizer.state_dict()), [parameter.requires_grad for parameter in module.parameters()]
    return [error, before[0] == after[0]]


serve(steps=steps, refused=refused)
