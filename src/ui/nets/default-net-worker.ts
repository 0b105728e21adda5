/** The worker for the network that elements begin with: without stores, registry, random weights and other formats it is small. */
import { readVgg } from '../../models/read-vgg.js';
import { openSafetensors } from '../../models/safetensors-weights.js';
import { sourceFromUrl } from '../../models/sources/http-source.js';
import { VGG_LITE_URL } from '../../models/sources/vgg-lite-url.js';
import { serveNets } from './net-service.js';

serveNets(
  async (spec, options) => readVgg(openSafetensors, await options.open(spec), options),
  (spec) => Promise.resolve(sourceFromUrl(VGG_LITE_URL, {}, `${spec}.safetensors`)),
);
