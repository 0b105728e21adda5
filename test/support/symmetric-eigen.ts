/** Eigenvalues and eigenvectors of a symmetric matrix by Jacobi rotations, in float64. Shares nothing with the kernels' iteration. */
export function symmetricEigen(matrix: ArrayLike<number>, size: number): { values: number[]; vectors: number[][] } {
  const a = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (__, j) => matrix[i * size + j] ?? 0));
  const v = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (__, j) => (i === j ? 1 : 0)));
  const at = (rows: number[][], i: number, j: number): number => rows[i]?.[j] ?? 0;
  const set = (rows: number[][], i: number, j: number, value: number): void => {
    const row = rows[i];
    if (row !== undefined) row[j] = value;
  };
  for (let sweep = 0; sweep < 60; sweep++) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        if (Math.abs(at(a, p, q)) < 1e-300) continue;
        const angle = 0.5 * Math.atan2(2 * at(a, p, q), at(a, q, q) - at(a, p, p));
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < size; k++) {
          const [kp, kq] = [at(a, k, p), at(a, k, q)];
          set(a, k, p, c * kp - s * kq);
          set(a, k, q, s * kp + c * kq);
        }
        for (let k = 0; k < size; k++) {
          const [pk, qk] = [at(a, p, k), at(a, q, k)];
          set(a, p, k, c * pk - s * qk);
          set(a, q, k, s * pk + c * qk);
          const [vp, vq] = [at(v, k, p), at(v, k, q)];
          set(v, k, p, c * vp - s * vq);
          set(v, k, q, s * vp + c * vq);
        }
      }
    }
  }
  return { values: a.map((row, i) => row[i] ?? 0), vectors: v };
}

/** The square root of a symmetric positive semidefinite matrix, row-major. */
export function symmetricRoot(matrix: ArrayLike<number>, size: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, size);
  return Float64Array.from({ length: size * size }, (_, index) => {
    const [i, j] = [Math.floor(index / size), index % size];
    return values.reduce((sum, value, k) => sum + (vectors[i]?.[k] ?? 0) * Math.sqrt(Math.max(0, value)) * (vectors[j]?.[k] ?? 0), 0);
  });
}
