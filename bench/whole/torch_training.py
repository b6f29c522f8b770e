"""Trains the networks of bench:whole, and steps AdamW for bench:optimizers, with PyTorch."""

import base64
import os
import time

import torch
import torch.nn.functional as F
from serving import serve

trainings = []


def numbers(text, dtype, shape):
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=dtype).reshape(shape).clone()


def weight_of(op, values):
    """In PyTorch's layout: output channels first."""
    if op == "depthwiseConv":
        return values.permute(2, 3, 0, 1).contiguous()
    if values.dim() == 4:
        return values.permute(3, 2, 0, 1).contiguous()
    return values.t().contiguous() if op in ("dense", "lstm") and values.dim() == 2 else values


def convolved(x, weights, settings, groups):
    stride = settings["stride"]
    if settings["padding"] == "same":
        # TensorFlow puts the odd row of zeros at the end.
        pads = []
        for size, kernel in ((x.shape[3], weights[0].shape[3]), (x.shape[2], weights[0].shape[2])):
            both = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [both // 2, both - both // 2]
        if pads[0] == pads[1] and pads[2] == pads[3]:
            return F.conv2d(x, *weights, stride=stride, padding=(pads[2], pads[0]), groups=groups)
        x = F.pad(x, pads)
    return F.conv2d(x, *weights, stride=stride, groups=groups)


def attention(inputs, settings):
    batch, length, width = inputs[0].shape
    heads = settings["heads"]
    q, k, v = (x.view(batch, length, heads, width // heads).transpose(1, 2) for x in inputs)
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, length, width)


def lstm(x, weights):
    kernel, recurrent, bias = weights
    start = torch.zeros(1, x.shape[0], recurrent.shape[1], device=x.device)
    parts = [kernel, recurrent, bias, torch.zeros_like(bias)]
    return torch.lstm(x, (start, start), parts, True, 1, 0.0, True, False, True)[0][:, -1]


COMPUTE = {
    "input": lambda inputs, weights, settings: inputs[0],
    "dense": lambda inputs, weights, settings: F.linear(inputs[0], *weights),
    "conv": lambda inputs, weights, settings: convolved(inputs[0], weights, settings, 1),
    "depthwiseConv": lambda inputs, weights, settings: convolved(inputs[0], weights, settings, inputs[0].shape[1]),
    "batchNorm": lambda inputs, weights, settings: F.batch_norm(
        inputs[0], None, None, *weights, training=True, eps=settings["epsilon"]
    ),
    "layerNorm": lambda inputs, weights, settings: F.layer_norm(
        inputs[0], weights[0].shape, *weights, eps=settings["epsilon"]
    ),
    "relu": lambda inputs, weights, settings: F.relu(inputs[0]),
    "add": lambda inputs, weights, settings: inputs[0] + inputs[1],
    "maxPool": lambda inputs, weights, settings: F.max_pool2d(inputs[0], settings["size"]),
    "averagePool": lambda inputs, weights, settings: inputs[0].mean((2, 3) if inputs[0].dim() == 4 else 1),
    "flatten": lambda inputs, weights, settings: inputs[0].permute(0, 2, 3, 1).flatten(1),
    "embedding": lambda inputs, weights, settings: F.embedding(inputs[0], weights[0]),
    "positions": lambda inputs, weights, settings: inputs[0] + weights[0],
    "attention": lambda inputs, weights, settings: attention(inputs, settings),
    "lstm": lambda inputs, weights, settings: lstm(inputs[0], weights),
}


class Training:
    def __init__(self, device, graph, adam, input_shape, weights, batches):
        self.device, self.graph, self.steps = device, graph, 0
        ops = {place: node["op"] for node in graph for place in node["weights"]}
        self.weights = [
            weight_of(ops[i], numbers(one["values"], torch.float32, one["shape"])).to(device).requires_grad_()
            for i, one in enumerate(weights)
        ]
        self.batches = []
        for one in batches:
            inputs = numbers(one["inputs"], torch.int32 if one["words"] else torch.float32, input_shape)
            inputs = inputs.permute(0, 3, 1, 2).contiguous() if inputs.dim() == 4 else inputs
            classes = numbers(one["classes"], torch.int32, [-1]).long()
            self.batches.append((inputs.to(device), classes.to(device)))
        self.optimizer = torch.optim.Adam(
            self.weights, lr=adam["lr"], betas=(adam["mom"], adam["sqrMom"]), eps=adam["eps"], fused=True
        )

    def step(self):
        inputs, classes = self.batches[self.steps % len(self.batches)]
        self.steps += 1
        found = []
        for node in self.graph:
            of = [inputs] if node["op"] == "input" else [found[place] for place in node["inputs"]]
            own = [self.weights[place] for place in node["weights"]]
            found.append(COMPUTE[node["op"]](of, own, node["settings"]))
        loss = F.cross_entropy(found[-1], classes)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss


class Steps:
    """AdamW's step alone, with given gradients."""

    def __init__(self, shapes, adam, implementation):
        self.device = "cpu"
        self.weights = [torch.randn(shape, requires_grad=True) for shape in shapes]
        for weight in self.weights:
            weight.grad = torch.randn_like(weight)
        self.optimizer = torch.optim.AdamW(
            self.weights,
            lr=adam["lr"],
            betas=(adam["mom"], adam["sqrMom"]),
            eps=adam["eps"],
            weight_decay=adam["wd"],
            **{implementation: True},
        )

    def step(self):
        self.optimizer.step()
        return self.weights[0].detach().flatten()[0]


def about():
    return {
        "version": torch.__version__,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def added(training):
    trainings.append(training)
    return len(trainings) - 1


def start(device, graph, adam, input_shape, weights, batches):
    return added(Training(device, graph, adam, input_shape, weights, batches))


def start_steps(shapes, adam, implementation):
    return added(Steps(shapes, adam, implementation))


def run(place, steps, threads):
    training = trainings[place]
    torch.set_num_threads(threads)
    begin = time.perf_counter()
    for _ in range(steps):
        last = training.step()
    if training.device != "cpu":
        torch.cuda.synchronize()
    value = last.item()
    return {"ms": (time.perf_counter() - begin) * 1000, "loss": value}


def end(place):
    trainings[place] = None


serve(about=about, start=start, start_steps=start_steps, run=run, end=end)
