import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from siamlink.association.appearance.descriptors import cosine, unit

vectors = arrays(np.float32, (6, 4), elements=st.floats(-100, 100, width=32))


@given(vectors, vectors, st.floats(0.5, 100))
def test_the_cosine_is_symmetric_and_bounded_and_does_not_depend_on_scale(a, b, scale):
    alike = cosine(a, b)
    assert alike.shape == (6, 1)
    assert alike.dtype == np.float32
    assert (np.abs(alike) <= 1 + 1e-5).all()
    np.testing.assert_allclose(cosine(b, a), alike, atol=1e-5)
    long = (np.linalg.norm(a, axis=1) > 1e-3) & (np.linalg.norm(b, axis=1) > 1e-3)
    np.testing.assert_allclose(cosine(a * np.float32(scale), b)[long], alike[long], atol=1e-4)
    np.testing.assert_allclose(cosine(a, a)[long], 1, atol=1e-4)


def test_the_cosine_with_a_zero_vector_is_zero():
    assert cosine(np.zeros((1, 3)), np.ones((1, 3))).tolist() == [[0]]


def test_vectors_keep_their_precision_when_scaled_to_unit_length():
    for kind in (np.float32, np.float64):
        vector = unit(np.array([[3, 4], [0, 0], [np.nan, 1]], kind))
        assert vector.dtype == kind
        np.testing.assert_allclose(vector, [[0.6, 0.8], [0, 0], [np.nan, np.nan]])
