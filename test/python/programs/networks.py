"""Trains networks of torch.nn on batches from a file, from and to files of tfjs-optim. Under torchrun, too."""

import sys

import torch
from torch import nn
from torch.nn import functional as F

from tfjs_optim import load, load_into, save

torch.set_num_threads(1)
NORM = {"eps": 1e-3, "momentum": 0.01}


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(784, 32)
        self.norm = nn.LayerNorm(32, eps=1e-3)
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        return self.head(self.norm(F.relu(self.hidden(x))))


class Convolutions(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(1, 6, 3, stride=2)
        self.norm = nn.BatchNorm2d(6, **NORM)
        self.two = nn.Conv2d(6, 8, 3, padding="same")
        self.head = nn.Linear(8 * 6 * 6, 10)

    def forward(self, x):
        x = F.relu(self.norm(self.one(x.reshape(-1, 1, 28, 28))))
        return self.head(F.avg_pool2d(F.relu(self.two(x)), 2).flatten(1))


class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(40, 12)
        self.rnn = nn.LSTM(12, 24, batch_first=True)
        self.head = nn.Linear(24, 40)

    def forward(self, x):
        return self.head(self.rnn(self.embedding(x.long()))[0][:, -1])


NETS = {"mlp": Mlp, "convolutions": Convolutions, "text": Text}


def optimizer_for(name, module):
    parameters = [p for p in module.parameters() if p.requires_grad]
    if name == "sgd":
        return torch.optim.SGD(parameters, lr=0.5, momentum=0.1)
    return torch.optim.AdamW(parameters, lr=0.5)


def train(options, wrap=lambda module: module, share=lambda x: x):
    """Trains with the batches `from` to `to`, and writes a file. Returns the losses.

    `wrap` distributes the module, and `share` gives the part of a batch that this process takes.
    """
    batches, _ = load(options["batches"])
    module = wrap(NETS[options["net"]]())
    optimizer = optimizer_for(options["optimizer"], module)
    schedule = load_into(module, options["path"], optimizer)
    module.train()
    losses = []
    for i in range(options["from"], options["to"]):
        x, y = share(batches[f"{i}.x"]), share(batches[f"{i}.y"])
        optimizer.zero_grad()
        loss = F.cross_entropy(module(x), y.argmax(1))
        loss.backward()
        optimizer.step()
        if schedule is not None:
            schedule.step()
        losses.append(loss.item())
    save(module, optimizer, options["out"], schedule)
    return losses


def main():
    """Under torchrun: the same numbers as one process, because each takes half of every batch."""
    import json

    import torch.distributed as dist

    options = json.loads(sys.argv[1])
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()

    def wrap(module):
        if options["how"] == "ddp":
            return nn.parallel.DistributedDataParallel(module)
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        return fully_shard(module, mesh=init_device_mesh("cpu", (size,)))

    losses = torch.tensor(train(options, wrap, lambda x: x.chunk(size)[rank]))
    dist.all_reduce(losses)
    if rank == 0:
        with open(options["losses"], "w") as file:
            json.dump((losses / size).tolist(), file)
    # Where one process ends while the other still has work in Gloo's threads, Gloo aborts now and then.
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main()
    else:
        from serving import serve

        serve(train=train)
