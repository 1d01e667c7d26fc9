"""What a network has learned, what it costs, and what can be proven of it."""

from funcnn.diagnostics.scores import accuracy, nats, predicted
from funcnn.diagnostics.confidence import binomial_interval, error_bound
from funcnn.diagnostics.eigenvalues import (
    Eigen,
    inertia,
    Inertia,
    matrix_sqrt,
    power_iteration,
    symmetric_eigen,
)
from funcnn.diagnostics.spectra import condition_number, rank, spectral_norm, svd, Svd
from funcnn.diagnostics.geometry import (
    chebyshev_distance,
    cosine_similarity,
    euclidean_distance,
    inner_product,
    manhattan_distance,
    minkowski_distance,
    Moments,
    moments_of_squared_distance,
    pulled_back_metric,
    relative_contrast,
    relative_difference,
    signed_squared_cosine,
    squared_distance,
    variation_share,
)
from funcnn.diagnostics.features import (
    average_gradient_outer_product,
    matrix_correlation,
    matrix_cosine,
    neural_feature_matrix,
    principal_angles,
)
from funcnn.diagnostics.kernel_machines import (
    Gaussian,
    KernelMachine,
    Laplace,
    Quadratic,
    recursive_feature_machine,
)
from funcnn.diagnostics.landscapes import critical_index, hessian_matrix, saddle_free_newton
from funcnn.diagnostics.multimodal import rastrigin, rastrigin_critical_points, rastrigin_gradient
from funcnn.diagnostics.random_matrices import (
    gaussian_orthogonal_matrices,
    positive_definite_probability,
)
from funcnn.diagnostics.corruptions import blurred, noisy, shifted
from funcnn.diagnostics.relaxations import is_proven, margins, tightened
from funcnn.diagnostics.regions import linear_regions, most_regions, nearest_change, Region
from funcnn.diagnostics.robustness import (
    largest_radius,
    lipschitz_bound,
    lipschitz_radius,
    margin_bound,
    spectral_complexity,
)
from funcnn.diagnostics.costs import bytes_of, Cost, cost_of, training_products

__all__ = [
    "accuracy",
    "average_gradient_outer_product",
    "binomial_interval",
    "blurred",
    "bytes_of",
    "chebyshev_distance",
    "condition_number",
    "cosine_similarity",
    "Cost",
    "cost_of",
    "critical_index",
    "Eigen",
    "error_bound",
    "euclidean_distance",
    "Gaussian",
    "gaussian_orthogonal_matrices",
    "hessian_matrix",
    "Inertia",
    "inertia",
    "inner_product",
    "is_proven",
    "KernelMachine",
    "Laplace",
    "largest_radius",
    "linear_regions",
    "lipschitz_bound",
    "lipschitz_radius",
    "manhattan_distance",
    "margin_bound",
    "margins",
    "matrix_correlation",
    "matrix_cosine",
    "matrix_sqrt",
    "minkowski_distance",
    "Moments",
    "moments_of_squared_distance",
    "most_regions",
    "nats",
    "nearest_change",
    "neural_feature_matrix",
    "noisy",
    "positive_definite_probability",
    "power_iteration",
    "predicted",
    "principal_angles",
    "pulled_back_metric",
    "Quadratic",
    "rank",
    "rastrigin",
    "rastrigin_critical_points",
    "rastrigin_gradient",
    "recursive_feature_machine",
    "Region",
    "relative_contrast",
    "relative_difference",
    "saddle_free_newton",
    "shifted",
    "signed_squared_cosine",
    "spectral_complexity",
    "spectral_norm",
    "squared_distance",
    "Svd",
    "svd",
    "symmetric_eigen",
    "tightened",
    "training_products",
    "variation_share",
]
