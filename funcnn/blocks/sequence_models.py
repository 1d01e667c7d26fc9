"""Sequence models: transformers for texts and all that is a set, recurrence, networks of graphs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from funcnn.algebra.elementary import relu
from funcnn.algebra.folds import bool_of
from funcnn.blocks.activations import gelu
from funcnn.blocks.combinators import branch, layer, parallel, part, scan, serial, tied
from funcnn.blocks.embeddings import embedding
from funcnn.blocks.forms import form
from funcnn.blocks.gates import GatedWeights, swiglu
from funcnn.blocks.graphs import gcn
from funcnn.blocks.heads import MultiHeadWeights, Rotary, heads_of_keys, self_attention
from funcnn.blocks.models import (
    Model,
    activation,
    at_each,
    in_series,
    normalize,
    project_to,
    residually,
)
from funcnn.blocks.norms import rms_norm
from funcnn.blocks.positions import learned_positions
from funcnn.blocks.recurrence import RecurrentWeights, gru_step


def _attention(
    width: int,
    heads: int,
    *,
    key_value_heads: int | None = None,
    bias: bool = True,
    **settings: Any,
) -> Model:
    """a self-attention of a sequence; with fewer heads of keys, grouped-query"""
    shared = heads_of_keys(heads, key_value_heads)
    if width % heads:
        raise ValueError(f"{heads} heads do not divide a width of {width}")
    shared = width // heads * shared
    widths = [(width, width), (shared, width), (shared, width), (width, width)]
    weights = MultiHeadWeights(*(project_to(*pair, bias=bias).weights for pair in widths))
    grouped = {} if key_value_heads is None else {"key_value_heads": key_value_heads}
    return Model(layer(self_attention, heads=heads, **grouped, **settings), weights)


def feed_forward(
    width: int, hidden: int, function: Callable[..., Any], *, bias: bool = True, **settings: Any
) -> Model:
    """Two projections of each of a sequence, a function of one number between, as a model.

    Settings
        width, hidden   of a row, and how many numbers stand between the projections
        function        gelu, relu …; it takes the further settings
        bias            whether the projections have one

    >>> from funcnn.blocks.shapes import render
    >>> render(feed_forward(8, 32, relu).network)
    'each(affine >>> relu >>> affine)'
    """
    up, down = project_to(hidden, width, bias=bias), project_to(width, hidden, bias=bias)
    return at_each(in_series(up, activation(function, **settings), down))


def transformer_block(
    width: int = 64,
    heads: int = 4,
    hidden: int = 256,
    *,
    pre_norm: bool = True,
    causal: bool = False,
    approximate: str = "none",
    length: int = 16,
) -> Model:
    """Attention, then two projections at each place; each added to what it took.

    Pre-norm, they take what is normalized, and what is added to runs through unchanged; post-norm,
    as at first, each sum is normalized.

    Settings
        width, heads   of a row, and of attention
        hidden         how many numbers stand between the projections; 4·width in the paper
        pre_norm       whether it is pre-norm; PyTorch's norm_first, which is False by default
        causal         whether no row sees those after it
        approximate    gelu's
        length         of the sequence that it is shown for; it takes any
    Source
        A. Vaswani et al., "Attention Is All You Need", NeurIPS 2017, 3.1; R. Xiong et al., "On
        Layer Normalization in the Transformer Architecture", ICML 2020, figure 1

    >>> from funcnn.blocks.shapes import parameters
    >>> parameters(transformer_block(768, 12, 3072).weights)
    7087872
    """
    norm = at_each(normalize(width))
    hidden_layer = feed_forward(width, hidden, gelu, approximate=approximate)
    parts = [_attention(width, heads, causal=causal), hidden_layer]
    if bool_of(pre_norm, "pre_norm"):
        halves = [residually(in_series(norm, inner)) for inner in parts]
    else:
        halves = [in_series(residually(inner), norm) for inner in parts]
    return in_series(*halves, inputs=form(length, width))


def gpt(
    vocabulary: int = 50257,
    context: int = 1024,
    width: int = 768,
    heads: int = 12,
    layers: int = 12,
) -> Model:
    """GPT-2, by default its smallest: from tokens to the logits of what follows each.

    Its last layer has the table of the first: the embedding is tied.

    Settings
        vocabulary     how many tokens there are
        context        how many positions: the longest sequence
        width, heads   of a row, and of attention
        layers         how many transformer blocks
    Source
        A. Radford et al., "Language Models are Unsupervised Multitask Learners", OpenAI 2019

    >>> from funcnn.blocks.shapes import parameters
    >>> f"{parameters(gpt().weights):,}"
    '124,439,808'
    """
    block = transformer_block(width, heads, 4 * width, causal=True, approximate="tanh")
    untied = in_series(
        Model(layer(embedding), form(vocabulary, width)),
        Model(layer(learned_positions), form(context, width)),
        *[block] * layers,
        at_each(normalize(width)),
        at_each(project_to(vocabulary, width, bias=False)),
        inputs=form(context),
    )
    return _with_tied_head(untied)


def _with_tied_head(model: Model) -> Model:
    """a model whose last layer has the table of its first"""
    *own, _ = model.weights
    return replace(model, network=tied(model.network, [*range(len(own)), 0]), weights=own)


def microgpt(
    vocabulary: int = 27, context: int = 16, width: int = 16, heads: int = 4, layers: int = 1
) -> Model:
    """The least GPT that learns to make up names: no bias, norms without weights, relu.

    Settings
        those of `gpt`
    Source
        A. Karpathy, "microgpt" (2026)

    >>> from funcnn.blocks.shapes import parameters
    >>> parameters(microgpt().weights)
    4192
    """
    norm = at_each(Model(layer(rms_norm)))
    attention = _attention(width, heads, bias=False, causal=True)
    hidden = feed_forward(width, 4 * width, relu, bias=False)
    block = [residually(in_series(norm, inner)) for inner in (attention, hidden)]
    return in_series(
        Model(layer(embedding), form(vocabulary, width)),
        Model(layer(learned_positions), form(context, width)),
        norm,
        *block * layers,
        at_each(project_to(vocabulary, width, bias=False)),
        inputs=form(context),
    )


def llama_block(
    width: int = 64,
    heads: int = 4,
    key_value_heads: int = 2,
    hidden: int = 256,
    *,
    epsilon: float = 1e-6,
    rotary: Rotary = Rotary(),
    length: int = 16,
) -> Model:
    """A pre-norm transformer block of RMS norms, rotary positions and `swiglu`.

    Settings
        width, heads      of a row, and of attention: its heads of queries
        key_value_heads   how many of keys and of values
        hidden            how many numbers stand between the projections of the gated unit
        epsilon           the norms': what is added to a mean square, so that none is 0
        rotary            how queries and keys are turned
        length            of the sequence that it is shown for; it takes any
    Source
        H. Touvron et al., "LLaMA: Open and Efficient Foundation Language Models", arXiv:2302.13971
        (2023), 2.2

    >>> from funcnn.blocks.shapes import parameters
    >>> parameters(llama_block(8, 2, 2, 32).weights)
    1040
    """
    norm = at_each(_rms(width, epsilon))
    attention = _attention(
        width, heads, key_value_heads=key_value_heads, bias=False, causal=True, rotary=rotary
    )
    wide = form(hidden, width)
    gated = at_each(Model(layer(swiglu), GatedWeights(wide, wide, form(width, hidden))))
    halves = [residually(in_series(norm, inner)) for inner in (attention, gated)]
    return in_series(*halves, inputs=form(length, width))


def _rms(width: int, epsilon: float) -> Model:
    return Model(layer(rms_norm, epsilon=epsilon), form(width, fill="ones"))


def llama(
    vocabulary: int = 27,
    width: int = 8,
    heads: int = 2,
    key_value_heads: int = 2,
    hidden: int = 32,
    layers: int = 1,
    *,
    epsilon: float = 1e-6,
    rotary: Rotary = Rotary(),
    tied_head: bool = False,
    length: int = 16,
) -> Model:
    """Llama, by default one so small that it does sums of two digits.

    Settings
        vocabulary   how many tokens there are
        layers       how many blocks; width, heads, key_value_heads, hidden, epsilon and rotary are
                     those of `llama_block`
        tied_head    whether its last layer has the table of the first, as in Llama 3.2 of 1B and 3B
        length       of the sequence that it is shown for; it takes any
    Source
        H. Touvron et al., arXiv:2302.13971 (2023); the default is that of mathformer 2.0.0

    >>> from funcnn.blocks.shapes import parameters
    >>> parameters(llama().weights), parameters(llama(tied_head=True).weights)
    (1480, 1264)
    """
    sizes = (width, heads, key_value_heads, hidden)
    block = llama_block(*sizes, epsilon=epsilon, rotary=rotary)
    untied = in_series(
        Model(layer(embedding), form(vocabulary, width)),
        *[block] * layers,
        at_each(_rms(width, epsilon)),
        at_each(project_to(vocabulary, width, bias=False)),
        inputs=form(length),
    )
    return _with_tied_head(untied) if bool_of(tied_head, "tied_head") else untied


def recurrent_network(
    vocabulary: int = 27, width: int = 16, hidden: int = 24, *, length: int = 16
) -> Model:
    """A gated recurrent unit: from a state and tokens to the logits of what follows each.

    Settings
        vocabulary      how many tokens there are
        width, hidden   of a token's row, and of the state: at the start, zeros or any other
        length          of the sequence that it is shown for; it takes any
    Source
        K. Cho et al., "Learning Phrase Representations using RNN Encoder–Decoder for Statistical
        Machine Translation", EMNLP 2014; T. Mikolov et al., "Recurrent Neural Network Based
        Language Model", Interspeech 2010

    >>> from funcnn.blocks.shapes import parameters, render
    >>> render(recurrent_network().network)
    '(identity *** embedding) >>> scan(gru_step) >>> part(index=1) >>> each(affine)'
    >>> parameters(recurrent_network().weights)
    4059
    """
    rows = Model(parallel(serial(), layer(embedding)), [[], form(vocabulary, width)])
    gates = project_to(3 * hidden, width), project_to(3 * hidden, hidden, bias=False)
    weights = RecurrentWeights(*(gate.weights for gate in gates))
    return in_series(
        rows,
        Model(scan(layer(gru_step)), weights),
        Model(layer(part, index=1)),
        at_each(project_to(vocabulary, hidden)),
        inputs=(form(hidden), form(length)),
    )


def graph_network(
    features: int = 16, hidden: int = 32, classes: int = 4, nodes: int = 10, edges: int = 20
) -> Model:
    """Two graph convolutions, relu between: from the nodes' features to their classes.

    Settings
        features, hidden, classes   how many numbers a node has: at first, between, and at last
        nodes, edges                of the graph that it is shown for; it takes any
    Source
        T. Kipf, M. Welling, "Semi-Supervised Classification with Graph Convolutional Networks",
        ICLR 2017, equation 9

    >>> from funcnn.blocks.shapes import render
    >>> render(graph_network().network)
    '((gcn >>> relu) &&& part(index=1)) >>> gcn'
    """
    inner = in_series(Model(layer(gcn), form(hidden, features)), activation(relu))
    beside = Model(branch(inner.network, layer(part, index=1)), [inner.weights, ()])
    outer = Model(layer(gcn), form(classes, hidden))
    return in_series(beside, outer, inputs=(form(nodes, features), form(edges, 2)))
