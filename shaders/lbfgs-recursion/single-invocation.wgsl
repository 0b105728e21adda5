// L-BFGS, the decisions: takes or refuses the trial image by its loss (Armijo), updates the inner products of the history
// and finds the direction's coefficients by the two-loop recursion, without touching a vector: a vector of the recursion is its
// coefficients over s_j, y_j and g, and its inner products come from those of the history.
// One invocation does all of it: a few hundred operations.
// `state`: number of pairs, newest slot, loss at base, step length, refusals in a row, 1 once there is a base, g·g at base, 0,
// then s_i·y_j [history, history] and y_i·y_j [history, history].
// `plan`: verdict (1 taken, 0 refused, 2 restart from base), slot of the new pair or -1, step length, coefficient of g,
// those of s_j, those of y_j, and room for the recursion's α_j.
// Numerics: f32, a fixed order.

struct Params {
  count: u32,
  history: u32,
  capacity: u32,
}

override MAX_REFUSALS: u32 = 8;

@group(0) @binding(0) var<storage, read> products: array<f32>;
@group(0) @binding(1) var<storage, read> ring: array<f32>; // entries of style, content, tv, total
@group(0) @binding(2) var<storage, read> step: array<u32>;
@group(0) @binding(3) var<storage, read> hyper: array<f32>; // sufficient decrease, rms change of a first step, tolerance
@group(0) @binding(4) var<storage, read_write> state: array<f32>;
@group(0) @binding(5) var<storage, read_write> plan: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

const STATE = 8u;
const PLAN = 4u;
const LEAST_CURVATURE = 1e-4;

fn sy(i: u32, j: u32) -> u32 {
  return STATE + i * params.history + j;
}

fn yy(i: u32, j: u32) -> u32 {
  return STATE + params.history * params.history + i * params.history + j;
}

// Slot of the pair that is `age` updates old.
fn slot_of(age: u32, newest: u32) -> u32 {
  return (newest + params.history - age) % params.history;
}

fn steepest(norm2: f32) -> f32 {
  if (norm2 > 0.0) {
    return -hyper[1] * sqrt(f32(params.count)) / sqrt(norm2);
  }
  return 0.0;
}

fn clear_plan() {
  for (var j = 0u; j < 3u * params.history; j++) {
    plan[PLAN + j] = 0.0;
  }
}

@compute @workgroup_size(1)
fn main() {
  let m = params.history;
  let last = m * 6u;
  let loss = ring[(step[0] % params.capacity) * 4u + 3u];
  let slope = products[last + 1u]; // base gradient · (image - base)
  let is_first = state[5] == 0.0;
  clear_plan();
  plan[1] = -1.0;
  plan[3] = 0.0;
  if (!is_first && !(loss <= state[2] + hyper[0] * slope + hyper[2] * abs(state[2]))) {
    state[4] += 1.0;
    if (u32(state[4]) > MAX_REFUSALS) {
      // The direction is no good: down the gradient of the base, from a tenth of the usual first step on.
      state[0] = 0.0;
      state[3] = 0.1;
      state[4] = 0.0;
      plan[0] = 2.0;
      plan[2] = state[3];
      plan[3] = steepest(state[6]);
      return;
    }
    // The least of the parabola through loss and slope at base and the loss here, within a tenth and a half.
    let bend = loss - state[2] - slope;
    var factor = 0.1;
    if (bend > 0.0 && bend < 3e38) {
      factor = clamp(-slope / (2.0 * bend), 0.1, 0.5);
    }
    state[3] *= factor;
    plan[0] = 0.0;
    plan[2] = state[3];
    return;
  }

  var pairs = u32(state[0]);
  var newest = u32(state[1]);
  let curvature = products[last];
  let has_pair = !is_first && products[last + 2u] > 0.0 && curvature > LEAST_CURVATURE * abs(slope);
  if (has_pair) {
    newest = select((newest + 1u) % m, 0u, pairs == 0u);
    pairs = min(pairs + 1u, m);
    for (var j = 0u; j < m; j++) {
      state[sy(j, newest)] = products[j * 6u];
      state[sy(newest, j)] = products[j * 6u + 1u];
      state[yy(j, newest)] = products[j * 6u + 2u];
      state[yy(newest, j)] = products[j * 6u + 2u];
    }
    state[sy(newest, newest)] = curvature;
    state[yy(newest, newest)] = products[last + 2u];
    plan[1] = f32(newest);
  }
  let norm2 = products[last + 5u];
  let s_at = PLAN;
  let y_at = PLAN + m;
  let a_at = PLAN + 2u * m;
  var g_factor = 1.0;
  var descent = 0.0;
  if (pairs > 0u) {
    for (var age = 0u; age < pairs; age++) {
      let i = slot_of(age, newest);
      var dot = select(products[i * 6u + 3u], products[last + 3u], has_pair && i == newest);
      for (var other = 0u; other < pairs; other++) {
        let j = slot_of(other, newest);
        dot += plan[y_at + j] * state[sy(i, j)];
      }
      let alpha = dot / state[sy(i, i)];
      plan[a_at + i] = alpha;
      plan[y_at + i] -= alpha;
    }
    g_factor = state[sy(newest, newest)] / state[yy(newest, newest)];
    for (var j = 0u; j < m; j++) {
      plan[y_at + j] *= g_factor;
    }
    for (var back = 0u; back < pairs; back++) {
      let i = slot_of(pairs - 1u - back, newest);
      var dot = g_factor * select(products[i * 6u + 4u], products[last + 4u], has_pair && i == newest);
      for (var other = 0u; other < pairs; other++) {
        let j = slot_of(other, newest);
        dot += plan[y_at + j] * state[yy(i, j)] + plan[s_at + j] * state[sy(j, i)];
      }
      plan[s_at + i] += plan[a_at + i] - dot / state[sy(i, i)];
    }
    descent = g_factor * norm2;
    for (var age = 0u; age < pairs; age++) {
      let j = slot_of(age, newest);
      let is_new = has_pair && j == newest;
      descent += plan[s_at + j] * select(products[j * 6u + 3u], products[last + 3u], is_new);
      descent += plan[y_at + j] * select(products[j * 6u + 4u], products[last + 4u], is_new);
    }
  }
  if (descent > 0.0 && descent < 3e38) {
    for (var j = 0u; j < 2u * m; j++) {
      plan[PLAN + j] = -plan[PLAN + j];
    }
    plan[3] = -g_factor;
  } else {
    // Nothing is known of the curvature, or rounding has spoilt it.
    clear_plan();
    pairs = 0u;
    plan[1] = -1.0;
    plan[3] = steepest(norm2);
  }
  plan[0] = 1.0;
  plan[2] = 1.0;
  state[0] = f32(pairs);
  state[1] = f32(newest);
  state[2] = loss;
  state[3] = 1.0;
  state[4] = 0.0;
  state[5] = 1.0;
  state[6] = norm2;
}
