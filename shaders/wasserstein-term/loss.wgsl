// Squared Wasserstein-2 distance of two normal distributions over the number of channels, times a normaliser:
// (|mean - target|^2 + tr covariance + tr target covariance - 2 tr root) / channels.
// One invocation adds it in order. Numerics: f32.

struct Params {
  channels: u32,
}

@group(0) @binding(0) var<storage, read> covariance: array<f32>;
@group(0) @binding(1) var<storage, read> root: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> meanTarget: array<f32>;
@group(0) @binding(4) var<storage, read> traceTarget: array<f32>;
@group(0) @binding(5) var<storage, read> normaliser: array<f32>;
@group(0) @binding(6) var<storage, read_write> loss: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

@compute @workgroup_size(1)
fn main() {
  var means = 0.0;
  var traces = traceTarget[0];
  for (var i = 0u; i < params.channels; i++) {
    let offset = mean[i] - meanTarget[i];
    let diagonal = i * (params.channels + 1u);
    means += offset * offset;
    traces += covariance[diagonal] - 2.0 * root[diagonal];
  }
  loss[0] = normaliser[0] * (means + traces) / f32(params.channels);
}
