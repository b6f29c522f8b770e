"""Models of Keras that specs read, and models of TensorFlow.js that Keras reads. Keras runs on torch."""

import base64
import os
import tempfile

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers as L

from serving import serve

torch.set_num_threads(1)
random = np.random.default_rng(7)


def mlp():
    return keras.Sequential([
        L.Input((12,)),
        L.Dense(16, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-4), kernel_initializer="he_normal"),
        L.Dropout(0.3),
        L.Dense(8, activation="gelu"),
        L.LeakyReLU(0.2),
        L.LayerNormalization(),
        L.Dense(3, activation="softmax"),
    ])  # fmt: skip


def convnet():
    return keras.Sequential([
        L.Input((14, 14, 1)),
        L.Conv2D(8, 3, activation="relu"),
        L.MaxPooling2D(),
        L.Conv2D(12, 3, padding="same", strides=2, activation="silu"),
        L.AveragePooling2D(2),
        L.Flatten(),
        L.Dropout(0.5),
        L.Dense(10, activation="softmax"),
    ])  # fmt: skip


def separable():
    inputs = L.Input((12, 12, 3))
    x = L.Rescaling(2.0, offset=-1)(inputs)
    x = L.ZeroPadding2D(1)(x)
    x = L.SeparableConv2D(6, 3, depth_multiplier=2)(x)
    x = L.BatchNormalization()(x)
    x = L.ReLU(max_value=6)(x)
    x = L.DepthwiseConv2D(3, depth_multiplier=2, padding="same", use_bias=False)(x)
    x = L.BatchNormalization(scale=False)(x)
    x = L.Activation("relu6")(x)
    x = L.Cropping2D(1)(x)
    x = L.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, L.Dense(4, activation="softmax")(x))


def residual():
    inputs = L.Input((8, 8, 3), name="image")
    x = L.Conv2D(8, 3, padding="same", activation="elu")(inputs)
    for _ in range(2):
        y = L.Conv2D(8, 3, padding="same")(x)
        y = L.BatchNormalization()(y)
        y = L.PReLU(shared_axes=[1, 2])(y)
        y = L.Conv2D(8, 3, padding="same")(y)
        x = L.Add()([x, y])
    shortcut = L.Conv2D(4, 1, strides=2, name="shortcut")(x)
    x = L.Conv2D(4, 3, strides=2, padding="same")(x)
    x = L.Maximum()([x, shortcut])
    return keras.Model(inputs, L.Dense(5)(L.GlobalMaxPooling2D()(x)))


def two_inputs():
    numbers, words = L.Input((6,), name="numbers"), L.Input((5,), dtype="int32", name="words")
    x = L.Embedding(20, 4)(words)
    x = L.Flatten()(x)
    left = L.Dense(7, activation="tanh")(numbers)
    right = L.Dense(7, activation="softplus")(x)
    joined = L.Concatenate()([left, right, L.Multiply()([left, right])])
    return keras.Model([numbers, words], L.Dense(1, activation="sigmoid")(joined))


def text():
    return keras.Sequential([
        L.Input((10,), dtype="int32"),
        L.Embedding(30, 6),
        L.SpatialDropout1D(0.2),
        L.LSTM(8),
        L.Dense(2, activation="softmax"),
    ])  # fmt: skip


def bidirectional():
    inputs = L.Input((9, 4))
    x = L.Bidirectional(L.LSTM(5, return_sequences=True))(inputs)
    x = L.TimeDistributed(L.Dense(6, activation="selu"))(x)
    x = L.Bidirectional(L.SimpleRNN(4), merge_mode="sum")(x)
    return keras.Model(inputs, L.Dense(3)(x))


def autoencoder():
    coder = keras.Sequential(
        [L.Input((16, 16, 1)), L.Conv2D(6, 3, strides=2, padding="same", activation="relu"), L.Flatten(), L.Dense(10)],
        name="coder",
    )
    code = L.Input((10,))
    x = L.Dense(4 * 4 * 6, activation="relu")(code)
    x = L.Reshape((4, 4, 6))(x)
    x = L.Conv2DTranspose(5, 3, strides=2, padding="same", activation="relu")(x)
    x = L.UpSampling2D(2)(x)
    decoder = keras.Model(code, L.Conv2D(1, 3, padding="same", activation="sigmoid")(x), name="decoder")
    inputs = L.Input((16, 16, 1))
    return keras.Model(inputs, decoder(coder(inputs)))


def series():
    return keras.Sequential([
        L.Input((24, 3)),
        L.Conv1D(8, 3, padding="same", activation="relu"),
        L.Conv1D(8, 3, dilation_rate=2, activation="relu"),
        L.MaxPooling1D(2),
        L.GRU(6, reset_after=False),
        L.RepeatVector(4),
        L.Permute((2, 1)),
        L.GlobalAveragePooling1D(),
        L.Dense(2),
    ])  # fmt: skip


def several_outputs():
    inputs = L.Input((8,))
    shared = L.Dense(8, activation="mish")
    x = shared(shared(inputs))
    first = L.Dense(3, activation="softmax", name="kind")(x)
    second = L.Dense(1, name="size")(L.Average()([x, inputs]))
    third = L.Dot(1, name="likeness")([x, inputs])
    return keras.Model(inputs, [first, second, third])


def frozen():
    base = keras.Sequential([L.Input((6,)), L.Dense(5, activation="relu"), L.BatchNormalization()], name="base")
    base.trainable = False
    inputs = L.Input((6,))
    return keras.Model(inputs, L.Dense(2)(base(inputs)))


def trained_mlp():
    return keras.Sequential([L.Input((6,)), L.Dense(12, activation="tanh"), L.Dense(3, activation="softmax")])


def trained_conv():
    return keras.Sequential([
        L.Input((8, 8, 1)),
        L.Conv2D(4, 3, activation="relu"),
        L.BatchNormalization(),
        L.Flatten(),
        L.Dense(3, activation="softmax"),
    ])  # fmt: skip


def trained_lstm():
    return keras.Sequential([L.Input((5, 3)), L.LSTM(6), L.Dense(3, activation="softmax")])


ARCHITECTURES = {
    f.__name__: f
    for f in (mlp, convnet, separable, residual, two_inputs, text, bidirectional, autoencoder, series,
              several_outputs, frozen, trained_mlp, trained_conv, trained_lstm)  # fmt: skip
}


def plain(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": array.ravel().tolist()}


def packed(array):
    return [plain(one) for one in array] if isinstance(array, (list, tuple)) else [plain(array)]


def samples(model, count=5):
    made = []
    for tensor in model.inputs:
        shape = (count, *tensor.shape[1:])
        integers = tensor.dtype == "int32"
        made.append(random.integers(0, 20, shape).astype("int32") if integers else random.random(shape, "float32"))
    return made


def varied(model):
    """Weights that are not those of a fresh model, such as moving averages."""
    for variable in model.variables:
        if "seed" not in variable.path:
            value = variable.numpy()
            noise = random.normal(size=value.shape).astype("float32") * 0.1
            variable.assign(np.abs(value + noise) if "variance" in variable.path else value + noise)
    return model


def bytes_of(save, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model" + suffix)
        save(path)
        with open(path, "rb") as file:
            return base64.b64encode(file.read()).decode()


def with_file(text, suffix, load):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model" + suffix)
        with open(path, "wb") as file:
            file.write(base64.b64decode(text))
        return load(path)


def written(name):
    """A model of Keras: its file, inputs and what it predicts."""
    keras.utils.clear_session()
    model = varied(ARCHITECTURES[name]())
    inputs = samples(model)
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    return {
        "file": bytes_of(model.save, ".keras"),
        "weights": bytes_of(model.save_weights, ".weights.h5"),
        "inputs": packed(inputs),
        "outputs": packed(outputs),
        "names": [layer.name for layer in model.layers],
    }


def arrays(packed_arrays, dtypes):
    return [np.array(one["data"], dtype=dtype).reshape(one["shape"]) for one, dtype in zip(packed_arrays, dtypes)]


def predicted(model, inputs):
    given = arrays(inputs, [tensor.dtype for tensor in model.inputs])
    return packed(model.predict(given if len(given) > 1 else given[0], verbose=0))


def read(text, inputs):
    """What Keras predicts with a file that was written here."""
    return predicted(with_file(text, ".keras", keras.saving.load_model), inputs)


def read_weights(text, name, inputs):
    keras.utils.clear_session()
    model = ARCHITECTURES[name]()
    with_file(text, ".weights.h5", model.load_weights)
    return predicted(model, inputs)


def build(code):
    """The file of a model that an expression makes, for what can't be read."""
    keras.utils.clear_session()
    model = eval(code, {"keras": keras, "L": L})
    return bytes_of(model.save, ".keras")


def steps(model, batches):
    losses = []
    for x, y in batches:
        dtypes = [tensor.dtype for tensor in model.inputs]
        given = arrays(x, dtypes)
        # Without this, losses are means over all batches so far.
        model.reset_metrics()
        losses.append(float(model.train_on_batch(given[0] if len(given) == 1 else given, arrays([y], ["float32"])[0])))
    return losses


def train(name, optimizer, loss, batches, text=None):
    """Trains a model: a new one, or one from a file. Returns the losses and the file after it."""
    keras.utils.clear_session()
    if text:
        model = with_file(text, ".keras", keras.saving.load_model)
    else:
        # Equal weights in each run: from others, a relu may once decide otherwise, by the last digits of float32.
        keras.utils.set_random_seed(1)
        model = ARCHITECTURES[name]()
        model.compile(optimizer=eval(optimizer, {"keras": keras, **vars(keras.optimizers)}), loss=loss)
    before = bytes_of(model.save, ".keras")
    losses = steps(model, batches)
    return {
        "before": before,
        "after": bytes_of(model.save, ".keras"),
        "losses": losses,
        "weights": packed([v.numpy() for v in model.trainable_variables]),
        "iterations": int(model.optimizer.iterations.numpy()),
        "optimizer": [type(model.optimizer).__name__, len(model.optimizer.variables)],
    }


def resume_weights(name, optimizer, loss, batches, text):
    """Goes on from a `.weights.h5` file with an optimizer of Keras that is built before."""
    keras.utils.clear_session()
    model = ARCHITECTURES[name]()
    model.compile(optimizer=eval(optimizer, {"keras": keras, **vars(keras.optimizers)}), loss=loss)
    model.optimizer.build(model.trainable_variables)
    with_file(text, ".weights.h5", model.load_weights)
    return {"losses": steps(model, batches), "weights": bytes_of(model.save_weights, ".weights.h5")}


if __name__ == "__main__":
    serve(written=written, read=read, read_weights=read_weights, build=build, train=train,
          resume_weights=resume_weights)  # fmt: skip
