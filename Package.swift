// swift-tools-version: 6.2
// The package manifest: one line per target, in dependency order (see tools/check-layers).
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: settings)
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "Lathe",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Lathe", targets: ["Lathe"]),
    .library(name: "LatheNN", targets: ["LatheNN"]),
    .executable(name: "lathe", targets: ["LatheCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // Row 1: the vocabulary every level shares, and the C that stands under them.
    target("IRCore"),
    .target(name: "CLLVM"),
    .target(name: "COpenBLAS"),
    .target(name: "CLatheRuntime"),
    .systemLibrary(name: "CZlib"),
    .target(name: "CDatasets", exclude: ["data"]),
    .target(name: "CImages"),
    target("DiskCaching"),
    // Row 2.
    target("LoopIR", ["IRCore"]),
    target("LLVMBindings", ["CLLVM"]),
    target("ObjectLinking", ["CLatheRuntime"]),
    // Row 3.
    target("LoopPasses", ["LoopIR", "IRCore"]),
    target("TensorIR", ["LoopIR", "IRCore"]),
    // Row 4.
    target("TensorPasses", ["TensorIR", "LoopIR", "LoopPasses", "IRCore"]),
    target("Lowering", ["TensorIR", "LoopIR", "IRCore"]),
    target("Codegen", ["LoopIR", "LLVMBindings", "IRCore"]),
    // Row 5: pass lists, caches, the JIT session, buffers.
    target(
      "Driver",
      [
        "TensorPasses", "LoopPasses", "Lowering", "Codegen", "LLVMBindings", "TensorIR", "LoopIR",
        "IRCore", "CLatheRuntime", "COpenBLAS", "ObjectLinking", "DiskCaching",
      ]),
    // Row 6: the public API.
    target(
      "Lathe",
      ["Driver", "TensorPasses", "LoopPasses", "TensorIR", "LoopIR", "IRCore", "CLatheRuntime"]),
    // Row 7.
    target("LatheNN", ["Lathe", "Driver", "CZlib", "CDatasets", "CImages"]),
    // Row 8: the command.
    .executableTarget(
      name: "LatheCommand",
      dependencies: [
        "LatheNN", "Lathe", "Driver", "TensorPasses", "LoopPasses", "Lowering", "Codegen",
        "LLVMBindings", "DiskCaching", "TensorIR", "LoopIR", "IRCore", "CLatheRuntime",
        argumentParser,
      ], swiftSettings: settings),
    // Row 9: tests.
    .target(
      name: "TestSupport",
      dependencies: [
        "Driver", "TensorPasses", "LoopPasses", "Lowering", "Codegen", "LLVMBindings", "TensorIR",
        "LoopIR", "IRCore", "CLatheRuntime", "ObjectLinking", "DiskCaching",
      ], path: "Tests/Support", swiftSettings: settings),
    tests("IRCoreTests", ["IRCore"]),
    tests("RuntimeTests", ["CLatheRuntime"]),
    tests("LatheNNTests", ["LatheNN", "Lathe", "CZlib", "CImages"]),
    tests("LLVMBindingsTests", ["LLVMBindings"]),
    tests("DiskCachingTests", ["DiskCaching"]),
    tests("ObjectLinkingTests", ["ObjectLinking", "Codegen", "LLVMBindings", "LoopIR", "IRCore"]),
    tests("LoopPassesTests", ["LoopPasses", "LoopIR", "IRCore"]),
    tests("LoopIRTests", ["LoopIR", "IRCore"]),
    tests("TensorIRTests", ["TensorIR", "LoopIR", "IRCore"]),
    tests("TensorPassesTests", ["Driver", "TensorPasses", "TensorIR", "LoopIR", "IRCore"]),
    tests(
      "LatheTests", ["CLatheRuntime", "Lathe", "Driver", "TensorPasses", "TensorIR", "IRCore"]),
    tests("GoldenTests", ["Driver", "Codegen", "TensorIR", "LoopIR", "IRCore"]),
    tests(
      "DriverTests",
      [
        "CLatheRuntime", "Driver", "TensorPasses", "LoopPasses", "Lowering", "Codegen",
        "LLVMBindings", "DiskCaching", "TensorIR", "LoopIR", "IRCore",
      ]),
    tests("LatheCommandTests", ["LatheCommand"]),
  ]
)
