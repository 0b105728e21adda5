// Second pass of the style loss: adds the slices of the Gram matrix's `partials` [slice][tile][8 rows][8 columns], divides
// by the number of positions, mirrors the upper triangle of tiles and subtracts the target: `difference` [channels,
// channels] = gram - target.
// One invocation takes the quads (four neighbouring columns of one row of a tile) i, i + stride, i + 2·stride, …
// (stride: the number of invocations) and keeps its share of the loss in `losses`; a third pass sums those. Nothing is
// shared. The target is read at both mirrored places, so it need not be symmetric.
// Numerics: f32, slices in index order.

struct Params {
  channels: u32,
  slices: u32,
  invocations: u32,
  scale: f32, // 1 / positions
  mean: f32, // 1 / channels^2
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> target_gram: array<f32>;
@group(0) @binding(1) var<storage, read> normaliser: array<f32>;
@group(0) @binding(2) var<storage, read_write> difference: array<f32>;
@group(0) @binding(3) var<storage, read> partials: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

// Tile column of a number in the upper triangle: the inverse of column * (column + 1) / 2, corrected where the root was rounded.
fn triangle_column(tile: u32) -> u32 {
  let guess = u32((sqrt(8.0 * f32(tile) + 1.0) - 1.0) * 0.5);
  if (guess * (guess + 1u) / 2u > tile) {
    return guess - 1u;
  }
  return select(guess, guess + 1u, (guess + 1u) * (guess + 2u) / 2u <= tile);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.invocations) {
    return;
  }
  let tiles = (params.channels + 7u) / 8u;
  let quads = tiles * (tiles + 1u) * 8u; // 16 quads a tile
  let rounds = (quads + params.invocations - 1u) / params.invocations;
  var loss = 0.0;
  for (var round = 0u; round < rounds; round++) {
    let quad = id.x + round * params.invocations;
    if (quad >= quads) {
      break;
    }
    var sum = vec4f();
    for (var slice = 0u; slice < params.slices; slice++) {
      sum += partials[slice * quads + quad];
    }
    let tile = quad / 16u;
    let column = triangle_column(tile);
    let row = tile - column * (column + 1u) / 2u;
    let i = row * 8u + (quad % 16u) / 2u;
    let j = column * 8u + (quad % 2u) * 4u;
    let value = sum * params.scale;
    for (var lane = 0u; lane < 4u; lane++) {
      if (i < params.channels && j + lane < params.channels) {
        let upper = i * params.channels + j + lane;
        let above = value[lane] - target_gram[upper];
        difference[upper] = above;
        loss += above * above;
        if (row != column) {
          let lower = (j + lane) * params.channels + i;
          let below = value[lane] - target_gram[lower];
          difference[lower] = below;
          loss += below * below;
        }
      }
    }
  }
  losses[id.x] = loss * params.mean * normaliser[0];
}
