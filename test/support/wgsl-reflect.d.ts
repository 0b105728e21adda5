/** The package's entry for Node is CommonJS in a package of ES modules and does not load; its module has no types of its own. */
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export * from 'wgsl_reflect';
}
