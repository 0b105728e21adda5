// Softmax of logits [batch, classes], cross-entropy against one label per example, its gradient, and whether the largest
// probability is the label's. One invocation computes one example. A label at or past `classes` marks an example of no
// account: loss, gradient and hit are 0. Nothing is shared. Numerics: f32; exponents relative to the largest logit.

struct Params {
  batch: u32,
  classes: u32,
  scale: f32,
}

override WORKGROUP: u32 = 16;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> probabilities: array<f32>;
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;
@group(0) @binding(5) var<storage, read_write> hits: array<f32>;
@group(0) @binding(6) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let example = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (example >= params.batch) {
    return;
  }
  let start = example * params.classes;
  var largest = logits[start];
  var best = 0u;
  for (var c = 1u; c < params.classes; c++) {
    let logit = logits[start + c];
    if (logit > largest) {
      largest = logit;
      best = c;
    }
  }
  var sum = 0.0;
  for (var c = 0u; c < params.classes; c++) {
    sum += exp(logits[start + c] - largest);
  }
  let label = labels[example];
  let counts = label < params.classes;
  let slope = select(0.0, params.scale * weights[example], counts);
  for (var c = 0u; c < params.classes; c++) {
    let probability = exp(logits[start + c] - largest) / sum;
    probabilities[start + c] = probability;
    gradient[start + c] = slope * (probability - select(0.0, 1.0, c == label));
  }
  var loss = 0.0;
  if (counts) {
    loss = weights[example] * (log(sum) + largest - logits[start + label]);
  }
  losses[example] = loss;
  hits[example] = select(0.0, 1.0, best == label);
}
