"""Steps of fastai's optimizers, alone and in `Learner.fit`, from and to files of tfjs-optim."""

from types import SimpleNamespace

import torch
from safetensors.torch import save_file

from fastai.callback.core import Callback
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.learner import Learner
import fastai.optimizer
from dense_net import loaded, module_of
from serving import serve
from tfjs_optim import load_into_fastai, save_fastai
from tfjs_optim_state import fastai_entries, fastai_into

torch.set_num_threads(1)


def made(kind, params, **options):
    """An optimizer; 'Lookahead Adam' is Lookahead around Adam."""
    around, _, name = kind.rpartition(" ")
    optimizer = getattr(fastai.optimizer, name)(params, lr=0.5, **options)
    return getattr(fastai.optimizer, around)(optimizer) if around else optimizer


def saved(learner, path):
    tensors, metadata = fastai_entries(learner)
    weights = {name: parameter.detach().clone() for name, parameter in learner.model.named_parameters()}
    save_file({**weights, **tensors}, path, metadata)


def steps(options):
    tensors, metadata = loaded(options["path"])
    module = module_of(tensors)
    groups = [list(layer.parameters()) for layer in (module.stem, module.dense, module.head)]
    learner = SimpleNamespace(model=module, opt=made(options["kind"], groups, **options["settings"]))
    fastai_into(learner, tensors, metadata)
    gradients, _ = loaded(options["gradients"])
    for i in range(options["from"], options["to"]):
        for name, parameter in module.named_parameters():
            parameter.grad = gradients[f"{i}.{name}"].clone() if parameter.requires_grad else None
        learner.opt.step()
    saved(learner, options["out"])


class Losses(Callback):
    def __init__(self):
        self.losses = []

    def after_loss(self):
        if self.training:
            self.losses.append(self.learn.loss.item())


class Mlp(torch.nn.Module):
    """The counterpart of the layers of the spec."""

    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(6, 16)
        self.norm = torch.nn.BatchNorm1d(16, eps=1e-3, momentum=0.01)
        self.out = torch.nn.Linear(16, 5)

    def forward(self, x):
        return self.out(self.norm(torch.relu(self.hidden(x))))


def groups_of(module):
    return [list(module.hidden.parameters()), [*module.norm.parameters(), *module.out.parameters()]]


def fit_layers(options):
    """One epoch of `Learner.fit` with a file of `toFastai` as its start. Returns the losses."""
    losses = Losses()
    learner = Learner(
        loaders(options),
        Mlp(),
        loss_func=torch.nn.CrossEntropyLoss(),
        opt_func=lambda params, lr: made(options["kind"], params),
        splitter=groups_of,
        cbs=losses,
    )
    schedule = load_into_fastai(learner, options["path"])
    with learner.no_logging():
        learner.fit(1, lr=[hypers["lr"] for hypers in learner.opt.hypers], cbs=schedule)
    save_fastai(learner, options["out"], schedule)
    return losses.losses


def loaders(options):
    data, _ = loaded(options["data"])
    rows = slice(options["from"] * options["batch"], options["to"] * options["batch"])
    items = list(zip(data["xs"][rows], data["ys"][rows].long()))
    loader = DataLoader(items, bs=options["batch"], shuffle=False, num_workers=0)
    return DataLoaders(loader, loader)


def fit(options):
    """One epoch of `Learner.fit` with a file as its start. Returns the losses."""
    tensors, metadata = loaded(options["path"])
    losses = Losses()
    learner = Learner(
        loaders(options),
        module_of(tensors),
        loss_func=torch.nn.CrossEntropyLoss(),
        opt_func=lambda params, lr: made(options["kind"], params),
        cbs=losses,
    )
    schedule = fastai_into(learner, tensors, metadata)
    with learner.no_logging():
        learner.fit(1, lr=[hypers["lr"] for hypers in learner.opt.hypers], cbs=schedule)
    tensors, metadata = fastai_entries(learner, schedule)
    weights = {name: parameter.detach().clone() for name, parameter in learner.model.named_parameters()}
    save_file({**weights, **tensors}, options["out"], metadata)
    return losses.losses


serve(steps=steps, fit=fit, fit_layers=fit_layers)
