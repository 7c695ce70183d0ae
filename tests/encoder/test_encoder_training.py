"""Gradients: the same vectors as in prediction, and one gradient however the batch was run."""

import numpy as np
import pytest
import torch
from thinc.api import Adam
from tiny.kinds import KINDS

from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.encoder.runtimes import torch_runtime
from spacy_bertfam.encoder.settings import POOLING_NAMES

TEXTS = (
    "Zoé Dupont-Durand habite à Saint-Étienne, depuis 2019, dans une rue qui sent le pain chaud.",
    "",
    "Lyon dort.",
    " \n",
    "Le conseil municipal a voté le budget.",
)


def gradients(model, docs):
    """RETURNS (tuple): the vectors and each parameter's gradient, for a gradient that is all of one seed."""
    network = encoder_shim(model).loaded.network
    network.zero_grad()
    vectors, backprop = model.begin_update(docs)
    rng = np.random.default_rng(0)
    backprop([rng.normal(size=rows.shape).astype("float32") for rows in vectors])
    return vectors, {n: p.grad.clone() for n, p in network.named_parameters() if p.grad is not None}


def check_same(one, other, *, atol=1e-4, rtol=1e-4):
    assert one.keys() == other.keys()
    assert one
    for name in one:
        assert torch.allclose(one[name], other[name], atol=atol, rtol=rtol), name


@pytest.fixture(scope="module")
def docs(fr):
    return [fr(text) for text in TEXTS]


@pytest.mark.parametrize("kind", KINDS)
def test_training_without_dropout_sees_what_prediction_sees(build, docs, kind):
    model = build(kind, window=16, overlap=4)
    vectors, grads = gradients(model, docs)
    for one, other in zip(vectors, model.predict(docs), strict=True):
        assert np.allclose(one, other, atol=1e-5)
    assert any(name.startswith("embeddings") and grad.abs().sum() > 0 for name, grad in grads.items())
    assert all(torch.isfinite(grad).all() for grad in grads.values())


@pytest.mark.parametrize("pooling", POOLING_NAMES)
def test_gradient_is_the_same_for_every_bound_on_a_batch(build, docs, pooling):
    options = {"pooling": pooling, "window": 16, "overlap": 6}
    _, expected = gradients(build("bert", max_batch_pieces=100_000, **options), docs)
    for bound in (1, 50):
        check_same(gradients(build("bert", max_batch_pieces=bound, **options), docs)[1], expected)


def test_gradient_of_a_batch_is_the_sum_over_its_docs(build, docs):
    model = build("camembert")
    rng = np.random.default_rng(1)
    network = encoder_shim(model).loaded.network
    d_vectors = [rng.normal(size=(len(doc), 32)).astype("float32") for doc in docs]
    sums = []
    for batches in ([docs], [[doc] for doc in docs]):
        network.zero_grad()
        rest = list(d_vectors)
        for batch in batches:
            _, backprop = model.begin_update(batch)
            backprop([rest.pop(0) for _ in batch])
        sums.append({n: p.grad.clone() for n, p in network.named_parameters() if p.grad is not None})
    check_same(sums[0], sums[1])


def test_gradient_is_that_of_plain_torch(build, fr):
    model, doc = build("bert"), fr("Zoé")
    tokenizer, network = encoder_shim(model).loaded.tokenizer, encoder_shim(model).loaded.network
    _, found = gradients(model, [doc])
    network.zero_grad()
    ids = [*tokenizer.prefix, *tokenizer([doc.text])[0].ids, *tokenizer.suffix]
    rows = network(input_ids=torch.tensor([ids])).last_hidden_state
    d_row = np.random.default_rng(0).normal(size=(1, 32)).astype("float32")
    (rows[0, 1] * torch.from_numpy(d_row[0])).sum().backward()
    expected = {n: p.grad.clone() for n, p in network.named_parameters() if p.grad is not None}
    check_same(found, expected)


@pytest.mark.parametrize("kind", ["bert", "camembert", "deberta-v3", "modernbert", "distilbert", "electra"])
@pytest.mark.parametrize("frozen", [0, 1])
def test_gradient_checkpointing_gives_the_same_gradient(build, docs, kind, frozen):
    _, expected = gradients(build(kind, frozen_layers=frozen), docs)
    _, found = gradients(build(kind, frozen_layers=frozen, gradient_checkpointing=True), docs)
    check_same(found, expected)


def test_checkpointed_layers_learn_where_the_encoder_has_annotated_since(build, docs):
    """As `annotating_components` has it: the heads' gradients come after a prediction."""
    model = build("bert", gradient_checkpointing=True)
    network = encoder_shim(model).loaded.network
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.1
    vectors, backprop = model.begin_update(docs)
    model.predict(docs)
    backprop([np.ones_like(rows) for rows in vectors])
    assert all(parameter.grad is not None for parameter in network.encoder.parameters())


def test_frozen_layers_get_no_gradient_and_do_not_move(build, docs):
    model = build("bert", frozen_layers=1)
    network = encoder_shim(model).loaded.network
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    _, grads = gradients(model, docs)
    assert not any(name.startswith(("embeddings", "encoder.layer.0.")) for name in grads)
    model.finish_update(Adam(0.01))
    moved = {name for name, p in network.named_parameters() if not torch.equal(p, before[name])}
    assert moved
    assert moved <= {name for name in before if name.startswith("encoder.layer.1.")}


def test_an_encoder_that_is_all_frozen_takes_a_gradient_and_stays(build, docs):
    model = build("bert", frozen_layers=-1)
    vectors, grads = gradients(model, docs)
    assert grads == {}
    model.finish_update(Adam(0.01))
    for one, other in zip(vectors, model.predict(docs), strict=True):
        assert np.array_equal(one, other)


def test_an_update_moves_the_vectors_towards_their_goal(build, docs):
    model, optimizer = build("bert"), Adam(0.01)
    losses = []
    for _ in range(8):
        vectors, backprop = model.begin_update(docs)
        losses.append(float(sum((rows**2).sum() for rows in vectors)))
        backprop([2 * rows for rows in vectors])
        model.finish_update(optimizer)
    assert losses[-1] < 0.9 * losses[0]


def test_dropout_is_on_in_training_and_off_in_prediction(tmp_path, fr):
    from tiny.folder import make_tiny_encoder

    from spacy_bertfam.encoder.model import build_encoder

    model = build_encoder(str(make_tiny_encoder("bert", tmp_path / "dropout", dropout=0.3)))
    model.initialize()
    doc = fr(TEXTS[0])
    first, again = model.predict([doc])[0], model.predict([doc])[0]
    assert np.array_equal(first, again)
    assert not np.allclose(model.begin_update([doc])[0][0], first, atol=1e-3)
    assert np.array_equal(model.predict([doc])[0], first)


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta", "deberta-v3"])
def test_bf16_training_stays_close_to_float32(build, docs, kind):
    expected, exact = gradients(build(kind), docs)
    found, rough = gradients(build(kind, mixed_precision="bf16"), docs)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == np.float32
        assert np.abs(one - other).max(initial=0.0) < 0.15
    flat, near = (torch.cat([grads[name].flatten() for name in sorted(grads)]) for grads in (exact, rough))
    assert torch.cosine_similarity(flat, near, dim=0) > 0.98
    assert flat.dtype == near.dtype == torch.float32


@pytest.mark.parametrize(("has_bf16", "precision"), [(True, "bf16"), (False, "none")])
def test_auto_is_bf16_where_the_device_has_it(build, docs, monkeypatch, has_bf16, precision):
    expected, _ = gradients(build("bert", mixed_precision=precision), docs)
    monkeypatch.setattr(torch_runtime, "has_bf16", lambda device: has_bf16)
    found, _ = gradients(build("bert", mixed_precision="auto"), docs)
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"avx512_bf16": True}, True),
        ({"amx_bf16": True}, True),
        ({"avx512_f": True, "amx_bf16": False}, False),
    ],
)
def test_a_processor_has_bf16_by_its_instructions(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert torch_runtime.has_bf16.__wrapped__(torch.device("cpu")) is expected


def test_prediction_is_float32_whatever_the_training(build, docs):
    plain, mixed = build("bert"), build("bert", mixed_precision="bf16")
    for one, other in zip(plain.predict(docs), mixed.predict(docs), strict=True):
        assert np.array_equal(one, other)


def test_fp16_training_moves_the_weights_and_leaves_them_finite(build, docs):
    model, optimizer = build("bert", mixed_precision="fp16"), Adam(0.001)
    network = encoder_shim(model).loaded.network
    before = [p.detach().clone() for p in network.parameters()]
    for _ in range(20):  # the scaler starts high, and halves until nothing overflows
        vectors, backprop = model.begin_update(docs)
        backprop([rows * 0.1 for rows in vectors])
        model.finish_update(optimizer)
    assert all(torch.isfinite(p).all() for p in network.parameters())
    assert any(not torch.equal(p, old) for p, old in zip(network.parameters(), before, strict=True))


def test_fp16_gradients_of_two_batches_add_up_and_are_unscaled_once(build, docs):
    gradients = []
    for precision in ("none", "fp16"):
        model = build("bert", mixed_precision=precision)
        shim = encoder_shim(model)
        shim.loss_scale.scale = min(shim.loss_scale.scale, 64.0)
        for _ in range(2):
            vectors, backprop = model.begin_update(docs)
            backprop([np.ones_like(rows) * 0.01 for rows in vectors])
        found = [p.grad for p in shim.loaded.network.parameters() if p.grad is not None]
        assert shim.loss_scale.unscale(found)
        gradients.append(torch.cat([gradient.flatten() for gradient in found]))
    ratio = gradients[1].norm() / gradients[0].norm()
    assert 0.95 < float(ratio) < 1.05


def test_a_copy_has_weights_and_an_id_of_its_own(build, docs):
    model = build("bert")
    copied = model.copy()
    assert encoder_shim(copied).id != encoder_shim(model).id
    expected = model.predict(docs)
    _, backprop = copied.begin_update(docs)
    backprop([np.ones((len(doc), 32), dtype="float32") for doc in docs])
    copied.finish_update(Adam(0.1))
    assert not np.allclose(copied.predict(docs)[0], expected[0], atol=1e-3)
    assert np.array_equal(model.predict(docs)[0], expected[0])
