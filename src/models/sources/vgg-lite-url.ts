/** Where the net lies that style transfer and textures begin with; by itself, so that a page that wants no other file is given none. */
export const VGG_LITE_URL: string = new URL('../../../assets/models/vgg-lite/vgg-lite.safetensors', import.meta.url).href;
