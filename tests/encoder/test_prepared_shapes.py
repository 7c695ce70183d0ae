"""OpenVINO keeps what it prepares for each shape; how much of it is a setting that its documentation does not name."""

import numpy as np
import pytest

from spacy_bertfam.encoder.runtimes.openvino_runtime import PREPARED

openvino = pytest.importorskip("openvino")


def compiled(settings):
    ops = openvino.opset13
    place = ops.parameter([-1, 4], np.float32)
    return openvino.Core().compile_model(openvino.Model([ops.relu(place)], [place]), "CPU", settings)


def test_openvino_knows_the_bound_of_what_it_keeps():
    compiled(PREPARED)


def test_a_setting_that_openvino_does_not_know_is_a_runtime_error():
    with pytest.raises(RuntimeError):
        compiled({"CPU_RUNTIME_CACHE_SIZE_OF_ANOTHER_NAME": 256})
