"""Laws of the sheet of splines: planes are free, and its products are those of its values."""

import numpy as np

from miri_widgets.core.stripes.sky_splines import SkySplines

SHAPE = (300, 280)


def test_splines_follow_a_plane_at_no_cost():
    splines = SkySplines(SHAPE)
    coefficients = (splines.rows[:, None] - 2 * splines.columns[None, :]).ravel()
    y, x = np.indices(SHAPE)
    assert np.allclose(splines.sheet(coefficients), y - 2 * x, atol=1e-8)
    stiff = np.ones((splines.rows.size, splines.columns.size))
    penalty = splines.penalty(stiff, stiff)
    assert abs(coefficients @ penalty @ coefficients) < 1e-9 * np.sum(coefficients**2)
    assert np.allclose(penalty, penalty.T)


def test_products_of_splines_are_those_of_their_values():
    splines = SkySplines((60, 50))
    weight = np.random.default_rng(4).uniform(0, 1, (60, 50))
    values = np.einsum("yi,xj->yxij", splines.along_rows, splines.along_columns).reshape(3000, -1)
    expected = values.T @ (weight.reshape(-1, 1) * values)
    assert np.allclose(splines.normal_matrix(weight), expected)
    waves = np.random.default_rng(5).normal(size=(60, 3))
    direct = values.T @ (weight[:, :, None] * waves[:, None, :]).reshape(3000, -1)
    assert np.allclose(splines.row_products(weight, waves), direct)
