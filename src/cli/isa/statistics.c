/*
 * What a Vulkan driver says of one compute shader: compiles it and prints statistics and machine code.
 *
 *   statistics SHADER.spv ENTRY BINDING... (each "0s" for a storage buffer or "1u" for a uniform buffer, all in group 0)
 *
 * Nothing runs, so the device may be one that is not there (Mesa's RADV with RADV_FORCE_FAMILY).
 * Prints "device NAME", "subgroup N", lines "statistic NAME = VALUE", then the representations that the driver has as text, each after
 * a line "representation NAME". Ends with 1 and a line on the error stream where a call fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vulkan.h>

#define MAXIMUM_BINDINGS 32
#define MAXIMUM_EXECUTABLES 4

static void check(VkResult result, const char *what) {
  if (result == VK_SUCCESS) return;
  fprintf(stderr, "%s failed with %d\n", what, (int)result);
  exit(1);
}

static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count > 0 ? count : 1, size);
  if (memory == NULL) {
    fprintf(stderr, "out of memory\n");
    exit(1);
  }
  return memory;
}

static uint32_t *read_words(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    fprintf(stderr, "%s cannot be read\n", path);
    exit(1);
  }
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  uint32_t *words = allocate(*size, 1);
  if (fread(words, 1, *size, file) != *size) {
    fprintf(stderr, "%s cannot be read\n", path);
    exit(1);
  }
  fclose(file);
  return words;
}

static VkPhysicalDevice first_device(VkInstance instance) {
  uint32_t count = 1;
  VkPhysicalDevice device = VK_NULL_HANDLE;
  VkResult result = vkEnumeratePhysicalDevices(instance, &count, &device);
  if (result < 0 || count == 0) {
    fprintf(stderr, "the driver offers no device\n");
    exit(1);
  }
  return device;
}

/* Every feature that the driver has: shaders may use f16, subgroups and the Vulkan memory model. */
static VkDevice make_device(VkPhysicalDevice physical) {
  VkPhysicalDeviceVulkan13Features features13 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES};
  VkPhysicalDeviceVulkan12Features features12 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES, .pNext = &features13};
  VkPhysicalDeviceVulkan11Features features11 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES, .pNext = &features12};
  VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR executables = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR, .pNext = &features11};
  VkPhysicalDeviceFeatures2 features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &executables};
  vkGetPhysicalDeviceFeatures2(physical, &features);
  if (!executables.pipelineExecutableInfo) {
    fprintf(stderr, "the driver gives no statistics of pipelines\n");
    exit(1);
  }
  const float priority = 1;
  VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, .queueCount = 1, .pQueuePriorities = &priority};
  const char *extension = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
  VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                             .pNext = &features,
                             .queueCreateInfoCount = 1,
                             .pQueueCreateInfos = &queue,
                             .enabledExtensionCount = 1,
                             .ppEnabledExtensionNames = &extension};
  VkDevice device = VK_NULL_HANDLE;
  check(vkCreateDevice(physical, &info, NULL, &device), "vkCreateDevice");
  return device;
}

static VkPipelineLayout make_layout(VkDevice device, int count, char **texts) {
  VkDescriptorSetLayoutBinding bindings[MAXIMUM_BINDINGS];
  if (count > MAXIMUM_BINDINGS) {
    fprintf(stderr, "more than %d bindings\n", MAXIMUM_BINDINGS);
    exit(1);
  }
  for (int at = 0; at < count; at++) {
    char *kind = texts[at];
    const uint32_t number = (uint32_t)strtoul(texts[at], &kind, 10);
    bindings[at] = (VkDescriptorSetLayoutBinding){
        .binding = number,
        .descriptorType = *kind == 'u' ? VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER : VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .descriptorCount = 1,
        .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
  }
  VkDescriptorSetLayoutCreateInfo set_info = {
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .bindingCount = (uint32_t)count, .pBindings = bindings};
  VkDescriptorSetLayout set = VK_NULL_HANDLE;
  check(vkCreateDescriptorSetLayout(device, &set_info, NULL, &set), "vkCreateDescriptorSetLayout");
  VkPushConstantRange constants = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = 128};
  VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                     .setLayoutCount = 1,
                                     .pSetLayouts = &set,
                                     .pushConstantRangeCount = 1,
                                     .pPushConstantRanges = &constants};
  VkPipelineLayout layout = VK_NULL_HANDLE;
  check(vkCreatePipelineLayout(device, &info, NULL, &layout), "vkCreatePipelineLayout");
  return layout;
}

static void print_statistics(VkDevice device, const VkPipelineExecutableInfoKHR *which) {
  PFN_vkGetPipelineExecutableStatisticsKHR get =
      (PFN_vkGetPipelineExecutableStatisticsKHR)vkGetDeviceProcAddr(device, "vkGetPipelineExecutableStatisticsKHR");
  uint32_t count = 0;
  check(get(device, which, &count, NULL), "vkGetPipelineExecutableStatisticsKHR");
  VkPipelineExecutableStatisticKHR *list = allocate(count, sizeof *list);
  for (uint32_t at = 0; at < count; at++) list[at].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
  check(get(device, which, &count, list), "vkGetPipelineExecutableStatisticsKHR");
  for (uint32_t at = 0; at < count; at++) {
    printf("statistic %s = ", list[at].name);
    switch (list[at].format) {
      case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR: printf("%llu\n", (unsigned long long)list[at].value.u64); break;
      case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR: printf("%lld\n", (long long)list[at].value.i64); break;
      case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR: printf("%g\n", list[at].value.f64); break;
      default: printf("%d\n", list[at].value.b32 ? 1 : 0); break;
    }
  }
  free(list);
}

static void print_representations(VkDevice device, const VkPipelineExecutableInfoKHR *which) {
  PFN_vkGetPipelineExecutableInternalRepresentationsKHR get = (PFN_vkGetPipelineExecutableInternalRepresentationsKHR)vkGetDeviceProcAddr(
      device, "vkGetPipelineExecutableInternalRepresentationsKHR");
  uint32_t count = 0;
  check(get(device, which, &count, NULL), "vkGetPipelineExecutableInternalRepresentationsKHR");
  VkPipelineExecutableInternalRepresentationKHR *list = allocate(count, sizeof *list);
  for (uint32_t at = 0; at < count; at++) list[at].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR;
  check(get(device, which, &count, list), "vkGetPipelineExecutableInternalRepresentationsKHR");
  for (uint32_t at = 0; at < count; at++) list[at].pData = allocate(list[at].dataSize + 1, 1);
  check(get(device, which, &count, list), "vkGetPipelineExecutableInternalRepresentationsKHR");
  for (uint32_t at = 0; at < count; at++) {
    if (list[at].isText) printf("representation %s\n%s\n", list[at].name, (const char *)list[at].pData);
    free(list[at].pData);
  }
  free(list);
}

int main(int count, char **arguments) {
  if (count < 3) {
    fprintf(stderr, "usage: statistics SHADER.spv ENTRY [BINDING...]\n");
    return 2;
  }
  size_t size = 0;
  uint32_t *words = read_words(arguments[1], &size);
  VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_3};
  VkInstanceCreateInfo instance_info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
  VkInstance instance = VK_NULL_HANDLE;
  check(vkCreateInstance(&instance_info, NULL, &instance), "vkCreateInstance");
  VkPhysicalDevice physical = first_device(instance);
  VkPhysicalDeviceProperties properties;
  vkGetPhysicalDeviceProperties(physical, &properties);
  VkDevice device = make_device(physical);
  VkShaderModuleCreateInfo module_info = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = size, .pCode = words};
  VkShaderModule module = VK_NULL_HANDLE;
  check(vkCreateShaderModule(device, &module_info, NULL, &module), "vkCreateShaderModule");
  VkComputePipelineCreateInfo pipeline_info = {
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .flags = VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR | VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR,
      .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                .module = module,
                .pName = arguments[2]},
      .layout = make_layout(device, count - 3, arguments + 3)};
  VkPipeline pipeline = VK_NULL_HANDLE;
  check(vkCreateComputePipelines(device, VK_NULL_HANDLE, 1, &pipeline_info, NULL, &pipeline), "vkCreateComputePipelines");

  PFN_vkGetPipelineExecutablePropertiesKHR get_executables =
      (PFN_vkGetPipelineExecutablePropertiesKHR)vkGetDeviceProcAddr(device, "vkGetPipelineExecutablePropertiesKHR");
  VkPipelineInfoKHR pipeline_name = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, .pipeline = pipeline};
  VkPipelineExecutablePropertiesKHR executables[MAXIMUM_EXECUTABLES];
  for (int at = 0; at < MAXIMUM_EXECUTABLES; at++)
    executables[at] = (VkPipelineExecutablePropertiesKHR){.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
  uint32_t executable_count = MAXIMUM_EXECUTABLES;
  if (get_executables(device, &pipeline_name, &executable_count, executables) < 0 || executable_count == 0) {
    fprintf(stderr, "the driver gives no statistics of this pipeline\n");
    return 1;
  }
  printf("device %s\nsubgroup %u\n", properties.deviceName, executables[0].subgroupSize);
  VkPipelineExecutableInfoKHR which = {.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, .pipeline = pipeline};
  print_statistics(device, &which);
  print_representations(device, &which);
  return 0;
}
