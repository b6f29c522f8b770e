"""Modules of torch.nn that compute what layers of TensorFlow.js compute."""

import torch
from torch import nn
from torch.nn import functional as F

from serving import serve
from tfjs_optim import load_into, save

torch.set_num_threads(1)
NORM = {"eps": 1e-3, "momentum": 0.01}


class Module(nn.Module):
    """Modules by name, and how they run. Names with a dot are modules in modules."""

    def __init__(self, run, **modules):
        super().__init__()
        self.run = run
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, x):
        return self.run(self, x)


def first(x):
    """Channels last to channels first."""
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def images(**modules):
    """Layers on images, one after another."""

    def run(self, x):
        x = first(x)
        for name in modules:
            x = getattr(self, name)(x)
        return last(x)

    return Module(run, **modules)


def in_turn(**modules):
    def run(self, x):
        for name in modules:
            x = getattr(self, name)(x)
        return x

    return Module(run, **modules)


def flat(body, act=lambda self, x: x):
    """A convolution, a flattening, and what follows."""
    return Module(lambda self, x: self.head(act(self, self.conv(first(x)).flatten(1))), **body)


def separable(multiplier=2):
    return in_turn(
        depthwise=nn.Conv2d(3, 3 * multiplier, 3, groups=3, bias=False, padding="same"),
        pointwise=nn.Conv2d(3 * multiplier, 4, 1),
    )


def strided_same(self, x):
    # TensorFlow pads an even image by 0 before and 1 behind.
    return last(self.conv(F.pad(first(x), (0, 1, 0, 1))))


def last_step(self, x):
    return self.rnn(x)[0][:, -1]


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(8, 5)
        self.deep = in_turn(last=nn.Linear(5, 4))


CASES = {
    "Dense": lambda: in_turn(dense=nn.Linear(4, 3)),
    "Dense on sequences": lambda: in_turn(dense=nn.Linear(4, 3, bias=False)),
    "Conv1D": lambda: images(conv=nn.Conv1d(3, 4, 3, stride=2)),
    "Conv2D": lambda: images(conv=nn.Conv2d(3, 4, (3, 2), padding="same")),
    "Conv2D with strides and 'same'": lambda: Module(strided_same, conv=nn.Conv2d(3, 4, 3, stride=2)),
    "Conv2D with dilation": lambda: images(conv=nn.Conv2d(3, 4, 3, dilation=2)),
    "Conv3D": lambda: images(conv=nn.Conv3d(2, 3, (2, 3, 2))),
    "Conv2DTranspose": lambda: images(conv=nn.ConvTranspose2d(3, 4, 3, stride=2)),
    "Conv3DTranspose": lambda: images(conv=nn.ConvTranspose3d(2, 3, 2, stride=2)),
    "DepthwiseConv2D": lambda: images(conv=nn.Conv2d(3, 6, 3, groups=3)),
    "SeparableConv2D": lambda: images(conv=separable()),
    "BatchNormalization": lambda: images(norm=nn.BatchNorm2d(3, **NORM)),
    "BatchNormalization without scale": lambda: in_turn(norm=nn.BatchNorm1d(4, **NORM)),
    "LayerNormalization": lambda: in_turn(norm=nn.LayerNorm(4, eps=1e-3)),
    "Embedding": lambda: Module(lambda self, x: self.embedding(x.long()), embedding=nn.Embedding(7, 4)),
    "LSTM": lambda: Module(lambda self, x: self.rnn(x)[0], rnn=nn.LSTM(4, 5, batch_first=True)),
    "LSTM without bias": lambda: Module(last_step, rnn=nn.LSTM(4, 5, batch_first=True, bias=False)),
    "LSTM by its cell": lambda: Module(last_step, rnn=nn.LSTM(4, 5, batch_first=True)),
    "SimpleRNN": lambda: Module(last_step, rnn=nn.RNN(4, 5, batch_first=True, nonlinearity="relu")),
    "Bidirectional": lambda: Module(
        lambda self, x: self.rnn(x)[0], rnn=nn.LSTM(4, 5, batch_first=True, bidirectional=True)
    ),
    "TimeDistributed": lambda: in_turn(each=nn.Linear(4, 3)),
    "PReLU": lambda: images(prelu=nn.PReLU(3)),
    "Dense after Flatten": lambda: flat({"conv": nn.Conv2d(1, 3, 2), "head": nn.Linear(60, 2)}),
    "Dense after Flatten of sequences": lambda: Module(
        lambda self, x: self.head(self.rnn(x)[0].flatten(1)),
        rnn=nn.RNN(4, 5, batch_first=True),
        head=nn.Linear(30, 2),
    ),
    "Dense after Flatten of Conv1D": lambda: flat({"conv": nn.Conv1d(4, 3, 2), "head": nn.Linear(15, 2)}),
    "layers behind Flatten": lambda: flat(
        {
            "conv": nn.Conv2d(1, 3, 2),
            "norm": nn.BatchNorm1d(60, **NORM),
            "prelu": nn.PReLU(60),
            "head": nn.Linear(60, 2),
        },
        lambda self, x: self.prelu(self.norm(F.relu(x))),
    ),
    "two flattened inputs": lambda: Module(
        lambda self, x: self.head(
            torch.cat([self.a(first(x)).flatten(1), x.mean((1, 2)), self.b(first(x)).flatten(1)], 1)
        ),
        a=nn.Conv2d(1, 3, 2),
        b=nn.Conv2d(1, 2, 3),
        head=nn.Linear(60 + 1 + 24, 2),
    ),
    "nested models": lambda: Module(
        lambda self, x: self.head(self.encoder.deep(self.encoder.inner(self.conv(first(x)).flatten(1)))),
        conv=nn.Conv2d(1, 2, (4, 4)),
        encoder=Encoder(),
        head=nn.Linear(4, 2),
    ),
    "shared layers": lambda: Module(
        lambda self, x: self.head(self.twice(self.twice(x))), twice=nn.Linear(4, 4), head=nn.Linear(4, 2)
    ),
    "names": lambda: Module(
        lambda self, x: self.net(x), net=nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    ),
}


def outputs(name, path, x):
    """What the module computes with the weights of a file."""
    module = CASES[name]().eval()
    load_into(module, path)
    with torch.no_grad():
        return module(torch.tensor(x, dtype=torch.float32)).flatten().tolist()


def written(name, path, x):
    """Writes other weights, and gives what the module computes with them."""
    module = CASES[name]().eval()
    torch.manual_seed(1)
    with torch.no_grad():
        for key, value in {**dict(module.named_parameters()), **dict(module.named_buffers())}.items():
            if "bias_hh" in key or not value.is_floating_point():
                value.zero_()
            elif not ("without scale" in name and key == "norm.weight"):
                value.uniform_(0.2, 1) if "running_var" in key else value.uniform_(-0.5, 0.5)
            else:
                value.fill_(1)
        save(module, None, path)
        return module(torch.tensor(x, dtype=torch.float32)).flatten().tolist()


def refused(name, path, change):
    """The error that a changed module or file gives, and whether the module is as it was."""
    module = CASES[name]()
    if change == "eps":
        module.norm.eps = 1e-5
    if change == "shape":
        module.dense = nn.Linear(5, 3)
    if change == "missing":
        module.more = nn.Linear(1, 1)
    before = [p.clone() for p in module.parameters()]
    try:
        load_into(module, path)
    except ValueError as error:
        return [str(error), all(torch.equal(a, b) for a, b in zip(before, module.parameters()))]
    return ["", True]


serve(outputs=outputs, written=written, refused=refused)
