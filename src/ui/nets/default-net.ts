/** The network an element begins with: the embedded one of VGG19's shape, which default-net-worker.ts reads. */
export const DEFAULT_NET = 'vgg-lite';
