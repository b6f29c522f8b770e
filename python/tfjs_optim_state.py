"""The state of optimizers of PyTorch and fastai in the files of tfjs-optim."""

import json
import math

import torch


# ---- PyTorch's optimizers -------------------------------------------------------------------------------------------


class Schedule:
    """Moves hypers as the schedules of tfjs-optim do, from the step that the file had reached.

    Call `step()` after each `optimizer.step()`. Making it sets the hypers of the next step. After the last step they
    stay as they are. Pass it to `save`, so that the position goes back too.
    """

    def __init__(self, optimizers, saved):
        self.optimizers = _listed(optimizers)
        self.saved = saved
        self.steps = saved["steps"]
        self.position = saved["step"]
        self._set()

    def step(self):
        self.position += 1
        self._set()

    def to_json(self):
        """The schedules with their position, as the file has them."""
        parts = self.saved.get("parts")
        moved = {**self.saved, "step": self.position}
        if parts is not None:
            moved["parts"] = [{**part, "step": self.position} if part else part for part in parts]
        return moved

    def _set(self):
        if self.position >= self.steps:
            return
        parts = self.saved.get("parts") or [self.saved]
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                origin = json.loads(group["tfjs"])
                row, part = divmod(origin["row"], len(parts))
                for hyper in parts[part].get("hypers", []):
                    if hyper["name"] in origin["at"] and row not in hyper.get("released", []):
                        value = _value_at(hyper["schedule"], self.position / self.steps, row)
                        _set_hyper(group, origin["at"][hyper["name"]], value)


def _value_at(schedule, position, row):
    """The value of a schedule in a group, at a position from 0 to 1."""
    kind = schedule["name"]
    if kind == "combined":
        start, index, shares = 0.0, 0, schedule["pcts"]
        while index < len(shares) - 1 and position >= start + shares[index] - 1e-9:
            start += shares[index]
            index += 1
        within = 1.0 if shares[index] == 0 else max(0.0, (position - start) / shares[index])
        return _value_at(schedule["parts"][index], within, row)
    start, end = schedule["start"][row], schedule["end"][row]
    if kind == "lin":
        return start + position * (end - start)
    if kind == "cos":
        return start + (1 + math.cos(math.pi * (1 - position))) * (end - start) / 2
    if kind == "no":
        return start
    if kind == "exp":
        return start * (end / start) ** position
    if kind == "poly":
        return start + (end - start) * position ** schedule["power"]
    raise ValueError(f"The file has a schedule of the unknown kind '{kind}'; update tfjs_optim.py.")


def _set_hyper(group, place, value):
    key = place[0]
    if len(place) == 2:
        values = list(group[key])
        values[place[1]] = value
        group[key] = tuple(values)
    elif isinstance(group[key], torch.Tensor):
        group[key].fill_(value)
    else:
        group[key] = value


def optimizer_into(module, optimizers, tensors, metadata):
    """Gives optimizers the groups, hypers and state of a file. Returns its schedule, or None.

    `optimizers` is one optimizer, or a list with one for each class in the file (muon has two). Their groups are
    replaced by those of the file. Parameters that do not train there get `requires_grad = False`. A parameter of the
    module that is in no group, such as the second bias of an LSTM, does so too. Nothing is changed if it raises.
    """
    optimizers = _listed(optimizers)
    parameters = dict(_inner(module).named_parameters())
    groups = _groups_in(metadata)
    if not groups:
        raise ValueError("The file has no state of an optimizer; write it with toTorch(model, {optimizer}).")
    by_class = {}
    for optimizer in optimizers:
        fitting = [group["class"] for group in groups if group["class"] in _counterparts(_class_of(optimizer))]
        by_class.update({name: optimizer for name in fitting})
    used = {id(optimizer) for optimizer in by_class.values()}
    if any(group["class"] not in by_class for group in groups) or len(used) < len(optimizers):
        raise ValueError(
            f"The file has the state of {_names(group['class'] for group in groups)}; got "
            f"{_names(_class_of(optimizer) for optimizer in optimizers)}."
        )
    state = {name: {} for group in groups for name in group["params"]}
    for name in state:
        if name not in parameters:
            raise ValueError(f"The module has no parameter '{name}', which the file trains.")
    for key, tensor in tensors.items():
        if not key.startswith("state."):
            continue
        name, _, entry = key[len("state.") :].rpartition(".")
        if name not in state:
            raise ValueError(f"The file has the state '{key}' of a parameter that is in none of its groups.")
        if tensor.dim() > 0 and tensor.shape != parameters[name].shape:
            raise ValueError(
                f"'{key}' has the shape {list(tensor.shape)}; the parameter has {list(parameters[name].shape)}."
            )
        state[name][entry] = tensor.clone()
    made = {id(optimizer): [] for optimizer in optimizers}
    for group in groups:
        optimizer = by_class[group["class"]]
        made[id(optimizer)].append(_group_for(optimizer, group, parameters))
    for name, parameter in parameters.items():
        parameter.requires_grad_(name in state)
    for group in groups:
        for name in group["params"]:
            parameters[name].requires_grad_(not group["frozen"])
    for optimizer in optimizers:
        _set_state(module, optimizer, made[id(optimizer)], state)
    return Schedule(optimizers, json.loads(metadata["schedule"])) if "schedule" in metadata else None


def _group_for(optimizer, group, parameters):
    """A parameter group for `add_param_group`, with the names of its parameters apart."""
    hypers = {}
    for key, value in group["hypers"].items():
        if key not in optimizer.defaults:
            # Before torch 2.7, Adam and AdamW did not have the flag that tells them apart.
            if key == "decoupled_weight_decay":
                continue
            raise ValueError(f"{_class_of(optimizer)} has no hyper '{key}', which the file has; update the package.")
        default = optimizer.defaults[key]
        if isinstance(default, torch.Tensor):
            hypers[key] = torch.full_like(default, value)
        else:
            hypers[key] = tuple(value) if isinstance(value, list) else value
    params = group["params"]
    return {"params": [parameters[name] for name in params], "tfjs": json.dumps(group["tfjs"]), **hypers}, params


def _set_state(module, optimizer, groups, state):
    optimizer.state.clear()
    optimizer.param_groups.clear()
    for group, _ in groups:
        optimizer.add_param_group(group)
    names = [name for _, params in groups for name in params]
    started = [name for name in names if state[name]]
    if not started:
        return
    if any(_is_distributed(parameter) for group, _ in groups for parameter in group["params"]):
        from torch.distributed.checkpoint.state_dict import StateDictOptions, set_optimizer_state_dict

        set_optimizer_state_dict(
            module,
            optimizer,
            {
                "state": {name: state[name] for name in started},
                "param_groups": [
                    {**{key: value for key, value in group.items() if key != "params"}, "params": params}
                    for group, params in groups
                ],
            },
            options=StateDictOptions(full_state_dict=True),
        )
        # The function above makes a step with zero gradients first, so that every parameter has state.
        for name, parameter in zip(names, (one for group, _ in groups for one in group["params"])):
            if not state[name]:
                optimizer.state.pop(parameter, None)
        return
    optimizer.load_state_dict(
        {
            "state": {i: state[name] for i, name in enumerate(names) if state[name]},
            "param_groups": optimizer.state_dict()["param_groups"],
        }
    )


def optimizer_entries(module, optimizers, schedule=None):
    """The tensors and the metadata of optimizers, for a file. With FSDP2 every process must call it."""
    named = {id(parameter): name for name, parameter in _inner(module).named_parameters()}
    tensors, metadata, count = {}, {}, 0
    for optimizer in _listed(optimizers):
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if id(parameter) not in named:
                    raise ValueError("The optimizer has a parameter that is not in the module.")
                for entry, value in optimizer.state.get(parameter, {}).items():
                    if value is not None:
                        tensors[f"state.{named[id(parameter)]}.{entry}"] = _saved(value)
            for frozen in (False, True):
                params = [named[id(one)] for one in group["params"] if one.requires_grad != frozen]
                if params:
                    values = {**group, "class": _class_of(optimizer), "params": params, "frozen": frozen}
                    values.pop("param_names", None)
                    if "tfjs" in group:
                        values["tfjs"] = json.loads(group["tfjs"])
                    for key, value in values.items():
                        text = _json_of(value)
                        if text is not None:
                            metadata[f"param_groups.{count}.{key}"] = text
                    count += 1
    if schedule is not None:
        metadata["schedule"] = json.dumps(schedule.to_json())
    return tensors, metadata


def _groups_in(metadata):
    """The groups of a file: class, params, frozen, tfjs, and the other hypers."""
    found = {}
    for key, text in metadata.items():
        if key.startswith("param_groups."):
            _, index, name = key.split(".", 2)
            found.setdefault(int(index), {})[name] = json.loads(text)
    own = ("class", "params", "frozen", "tfjs")
    return [
        {
            **{key: values[key] for key in own if key in values},
            "hypers": {key: value for key, value in values.items() if key not in own},
        }
        for _, values in sorted(found.items())
    ]


def _json_of(value):
    """A hyper as JSON. None for what JSON can't hold."""
    if isinstance(value, torch.Tensor):
        value = value.item()
    try:
        return json.dumps(value)
    except TypeError:
        return None


def _saved(value):
    if not isinstance(value, torch.Tensor):
        return torch.tensor(float(value))
    if _is_distributed(value):
        value = value.full_tensor()
    return value.detach().to("cpu", torch.float32).contiguous().clone()


def _is_distributed(tensor):
    return hasattr(tensor, "full_tensor")


def _inner(module):
    """The module inside of DistributedDataParallel."""
    return module.module if isinstance(module, torch.nn.parallel.DistributedDataParallel) else module


def _listed(optimizers):
    return list(optimizers) if isinstance(optimizers, (list, tuple)) else [optimizers]


def _class_of(optimizer):
    """The class as one imports it: `torch.optim.AdamW`, `timm.optim.Lion`."""
    cls = type(optimizer)
    parts = cls.__module__.split(".")
    home = ".".join(parts[:2]) if parts[:2] in (["torch", "optim"], ["timm", "optim"]) else cls.__module__
    return f"{home}.{cls.__qualname__}"


def _counterparts(name):
    """The classes in files that an optimizer of this class computes. Adam has the flag that makes it AdamW."""
    return (name, "torch.optim.AdamW") if name == "torch.optim.Adam" else (name,)


def _names(names):
    return " and ".join(dict.fromkeys(names))


# ---- fastai's optimizers --------------------------------------------------------------------------------------------


def fastai_into(learner, tensors, metadata):
    """Gives `learner.opt` the hypers, state, flags and frozen groups of a file.

    It must have the callbacks, the groups and the parameters of the optimizer in the file. Returns a callback for
    `learner.fit(…, cbs=…)` that moves the hypers as the schedules in the file do, or None without schedules. `fit` sets
    the learning rate to `learner.lr` unless it is given: `learner.fit(n, lr=[h['lr'] for h in learner.opt.hypers])`.
    Nothing is changed if it raises.
    """
    from fastcore.foundation import L
    from fastai.optimizer import Lookahead

    if "fastai" not in metadata:
        raise ValueError("The file has no state of an optimizer of fastai; write it with toFastai(model, {optimizer}).")
    if not learner.opt:
        learner.create_opt()
    opt, saved, groups = learner.opt, json.loads(metadata["fastai"]), _groups_in(metadata)
    is_lookahead = isinstance(opt, Lookahead)
    found, wanted = _shown(_callbacks_of(opt)), _shown(saved["callbacks"])
    if found != wanted:
        raise ValueError(f"The file has the state of an optimizer with the callbacks {wanted}; this one has {found}.")
    lookahead = saved.get("lookahead")
    if is_lookahead != (lookahead is not None):
        raise ValueError(f"Only the optimizer {'of the learner' if is_lookahead else 'in the file'} is a Lookahead.")
    if is_lookahead and (opt.k, opt.alpha) != (lookahead["k"], lookahead["alpha"]):
        raise ValueError(f"Lookahead has k {lookahead['k']} and alpha {lookahead['alpha']} in the file; make it alike.")
    names = {id(parameter): name for name, parameter in _inner(learner.model).named_parameters()}
    lists = [[names[id(parameter)] for parameter in group] for group in opt.param_lists]
    if len(lists) != len(groups):
        raise ValueError(f"The file has {len(groups)} parameter groups; learner.opt has {len(lists)}: give a splitter.")
    for i, (mine, group) in enumerate(zip(lists, groups)):
        missing = [name for name in group["params"] if name not in mine]
        if missing:
            raise ValueError(f"The group {i} of learner.opt lacks {_names(missing)}, which the file has in it.")
    known = {name for group in groups for name in group["params"]}
    shapes = {name: parameter.shape for name, parameter in _inner(learner.model).named_parameters()}
    state = {name: {} for mine in lists for name in mine}
    for name in known:
        flags = saved["flags"][name]
        state[name].update({"do_wd": flags["do_wd"], "force_train": flags["force_train"]})
    slow = {}
    for key, tensor in tensors.items():
        if not key.startswith("state."):
            continue
        name, _, entry = key[len("state.") :].rpartition(".")
        if name not in known:
            raise ValueError(f"The file has the state '{key}' of a parameter that is in none of its groups.")
        if entry == "step":
            state[name][entry] = int(tensor.item())
        elif tensor.shape != shapes[name]:
            raise ValueError(f"'{key}' has the shape {list(tensor.shape)}; the parameter has {list(shapes[name])}.")
        elif entry == "slow":
            slow[name] = tensor
        else:
            state[name][entry] = tensor
    if is_lookahead and slow and set(slow) != known:
        raise ValueError("The file has the slow weights of some parameters only.")
    opt.freeze_to(saved["frozen_idx"])
    for mine, group in zip(opt.param_lists, groups):
        for parameter in mine:
            name = names[id(parameter)]
            if name not in known:
                # Such as the second bias of an LSTM, which stays 0.
                parameter.requires_grad_(False)
            elif not saved["flags"][name]["requires_grad"]:
                parameter.requires_grad_(False)
    on_device = {
        name: {
            entry: value.to(parameter.device, parameter.dtype).clone() if isinstance(value, torch.Tensor) else value
            for entry, value in state[name].items()
        }
        for name, parameter in _inner(learner.model).named_parameters()
        if name in state
    }
    loaded = {
        "state": [on_device[name] for mine in lists for name in mine],
        "hypers": L({**hypers, **group["hypers"]} for hypers, group in zip(opt.hypers, groups)),
    }
    if is_lookahead:
        loaded["count"] = lookahead["count"]
        loaded["slow_weights"] = (
            L(
                L(
                    slow[names[id(parameter)]].to(parameter.device, parameter.dtype).clone()
                    if names[id(parameter)] in slow
                    else parameter.detach().clone()
                    for parameter in mine
                )
                for mine in opt.param_lists
            )
            if slow
            else None
        )
    opt.load_state_dict(loaded)
    return _fastai_schedule(json.loads(metadata["schedule"])) if "schedule" in metadata else None


def fastai_entries(learner, schedule=None):
    """The tensors and the metadata of `learner.opt`, for a file."""
    from fastai.optimizer import Lookahead

    opt = learner.opt
    if not opt:
        raise ValueError("The learner has no optimizer yet; call learner.create_opt(), or train it.")
    is_lookahead = isinstance(opt, Lookahead)
    names = {id(parameter): name for name, parameter in _inner(learner.model).named_parameters()}
    tensors, metadata, flags = {}, {}, {}
    for i, (mine, hypers) in enumerate(zip(opt.param_lists, opt.hypers)):
        for parameter in mine:
            name, state = names[id(parameter)], opt.state.get(parameter, {})
            for entry, value in state.items():
                if entry in ("grad_avg", "sqr_avg", "step"):
                    tensors[f"state.{name}.{entry}"] = _saved(value)
            flags[name] = {
                "do_wd": state.get("do_wd", True),
                "force_train": state.get("force_train", False),
                "requires_grad": parameter.requires_grad,
            }
        values = {**hypers, "class": "fastai.optimizer.Optimizer", "frozen": False}
        # A parameter of the module that the file did not have, such as the second bias of an LSTM, never trains.
        values["params"] = [names[id(parameter)] for parameter in mine]
        metadata.update({f"param_groups.{i}.{key}": json.dumps(value) for key, value in values.items()})
    saved = {"callbacks": _callbacks_of(opt), "frozen_idx": max(0, opt.frozen_idx), "flags": flags}
    if is_lookahead:
        saved["lookahead"] = {"k": opt.k, "alpha": opt.alpha, "count": opt.count}
        for mine, slow in zip(opt.param_lists, opt.slow_weights or []):
            for parameter, tensor in zip(mine, slow):
                tensors[f"state.{names[id(parameter)]}.slow"] = _saved(tensor)
    metadata["fastai"] = json.dumps(saved)
    if schedule is not None:
        metadata["schedule"] = json.dumps(schedule.to_json())
    return tensors, metadata


def _callbacks_of(opt):
    """The callbacks of an optimizer: names, and options that change what they compute."""
    import inspect
    from functools import partial

    from fastai.optimizer import Lookahead

    listed = []
    for callback in (opt.opt if isinstance(opt, Lookahead) else opt).cbs:
        function = callback.func if isinstance(callback, partial) else callback
        given = callback.keywords if isinstance(callback, partial) else {}
        defaults = {
            name: parameter.default
            for name, parameter in inspect.signature(function).parameters.items()
            if name in ("dampening", "clip")
        }
        listed.append([function.__name__, {**defaults, **given}])
    return listed


def _shown(callbacks):
    return ", ".join(
        name + (f"({', '.join(f'{key}={value}' for key, value in options.items())})" if options else "")
        for name, options in callbacks
    )


def _fastai_schedule(saved):
    """A callback that moves the hypers of `learner.opt` from the step that the file had reached."""
    from fastai.callback.core import Callback

    class TfjsSchedule(Callback):
        run_valid, order = False, 60

        def __init__(self):
            self.position = saved["step"]

        def before_batch(self):
            if self.position >= saved["steps"]:
                return
            for hyper in saved["hypers"]:
                name, released = _snake(hyper["name"]), hyper.get("released", [])
                values = [
                    now[name] if row in released else _value_at(hyper["schedule"], self.position / saved["steps"], row)
                    for row, now in enumerate(self.opt.hypers)
                ]
                self.opt.set_hyper(name, values)

        def after_batch(self):
            self.position += 1

        def to_json(self):
            return {**saved, "step": self.position}

    return TfjsSchedule()


def _snake(name):
    return {"sqrMom": "sqr_mom", "nu1": "nu_1", "nu2": "nu_2", "trustCoeff": "trust_coeff"}.get(name, name)
