/** The network that the pages begin with. */
export const NET = 'random-vgg19/2';
