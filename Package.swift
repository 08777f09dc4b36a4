// swift-tools-version: 6.2
import PackageDescription

/// `make fuzz` sets this: our modules then tell the fuzzer which branches an input reached.
let isFuzzing = Context.environment["BATCHD_FUZZ"] != nil
let coverage: [SwiftSetting] = isFuzzing ? [.unsafeFlags(["-O", "-sanitize=fuzzer"])] : []

/// Arrows mean "imports". Nothing else may be imported: `Tests/TidyTests` holds the code to this file.
let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ] + coverage

/// For what a debug build must be quick at: 500 simulated worlds, and a million rows, unoptimized take minutes.
let quick = settings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

// One set of files, two programs: a test of seeded mutations, and a fuzzer that only `make fuzz` builds.
let fuzzed: [Target.Dependency] = [
    "BatchCore", "Env", "Spool", "StripeBatch", "BatchDaemon", "ControlAPI", hummingbirdCore, httpTypes, nio,
]
let fuzzing: Target =
    isFuzzing
    ? .executableTarget(
        name: "fuzz", dependencies: fuzzed, path: "Tests/FuzzTests", exclude: ["SeededFuzzTests.swift"],
        swiftSettings: settings, linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])])
    : .testTarget(name: "FuzzTests", dependencies: fuzzed, exclude: ["Driver.swift"], swiftSettings: settings)

let package = Package(
    name: "batchd",
    products: [
        .executable(name: "batchd", targets: ["batchd"]),
        .executable(name: "batchctl", targets: ["batchctl"]),
        .executable(name: "batchsim", targets: ["batchsim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
    ],
    targets: [
        // The daemon, from the pure core outwards.
        .target(name: "BatchCore", swiftSettings: quick),
        .target(name: "Env", dependencies: ["BatchCore"], swiftSettings: quick),
        .target(name: "BatchStore", dependencies: ["BatchCore", grdb, sqlite], swiftSettings: quick),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "Spool", dependencies: ["BatchCore", "Env", "CZstd", crypto], swiftSettings: quick),
        .target(
            name: "StripeBatch",
            dependencies: ["BatchCore", "Env", httpClient, nio, nioHTTP1, nioPosix],
            swiftSettings: quick
        ),
        .target(
            name: "Orchestration",
            dependencies: [
                "BatchCore", "Env", "BatchStore", "Spool", "StripeBatch", lifecycle, logging, crypto,
                coreMetrics,
            ],
            swiftSettings: quick
        ),
        .target(name: "ControlAPI", swiftSettings: settings),
        .target(
            name: "BatchDaemon",
            dependencies: [
                "BatchCore", "Env", "BatchStore", "Spool", "StripeBatch", "Orchestration", "ControlAPI",
                "HTTPServing", hummingbird, hummingbirdCore, lifecycle, signals, logging, yams, nio, nioHTTP1,
                nioPosix,
                httpTypes, crypto, coreMetrics,
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "batchd",
            dependencies: ["BatchDaemon", "ControlAPI", "Env", arguments, logging],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BatchDaemonTests",
            dependencies: [
                "BatchDaemon", "BatchCore", "Env", "StripeBatch", "ControlAPI", httpClient, logging, nio,
                nioHTTP1,
            ],
            swiftSettings: settings
        ),

        // How connections are taken in, which both sides do alike; nothing in it knows what is served.
        .target(
            name: "HTTPServing", dependencies: [hummingbirdCore, logging, nio], swiftSettings: settings),

        // The operator's command line.
        .target(
            name: "BatchCommands",
            dependencies: ["ControlAPI", arguments, httpClient, nio, nioHTTP1],
            swiftSettings: settings
        ),
        .executableTarget(name: "batchctl", dependencies: ["BatchCommands"], swiftSettings: settings),

        // The local Stripe. It shares no belief about Stripe with the daemon: a wrong belief must not hold on both sides.
        .target(
            name: "StripeSimulator",
            dependencies: [
                "HTTPServing", hummingbird, httpClient, logging, nio, nioHTTP1, httpTypes, crypto, lifecycle,
            ],
            exclude: ["README.md"],
            swiftSettings: quick
        ),
        .executableTarget(
            name: "batchsim",
            dependencies: ["StripeSimulator", arguments, subprocess, system],
            swiftSettings: settings
        ),

        // The only place where both sides meet: the whole daemon against the local Stripe, in virtual time.
        .target(
            name: "TestSupport",
            dependencies: [
                "BatchCore", "Env", "BatchStore", "Spool", "StripeBatch", "Orchestration", "StripeSimulator",
                logging, crypto,
            ],
            path: "Tests/TestSupport",
            swiftSettings: quick
        ),
        .executableTarget(
            name: "torture",
            dependencies: ["BatchCore", "Env", "TestSupport", arguments],
            path: "Tests/torture",
            exclude: ["README.md"],
            swiftSettings: settings
        ),

        // The benchmark, which is not installed, and the C loops that it measures the daemon against.
        .target(
            name: "CYardstick", cSettings: [.define("_GNU_SOURCE")],
            linkerSettings: [.linkedLibrary("sqlite3")]
        ),
        .executableTarget(
            name: "batchbench",
            dependencies: [
                "BatchCore", "Env", "BatchStore", "Spool", "StripeBatch", "Orchestration", "CYardstick",
                "CZstd",
                arguments, crypto, logging, subprocess, system,
            ],
            exclude: ["Peers"],
            swiftSettings: settings
        ),

        // The tests, one target for each part.
        .testTarget(
            name: "BatchCoreTests",
            dependencies: ["BatchCore"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BatchStoreTests",
            dependencies: ["BatchStore", "BatchCore", grdb],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BatchCommandsTests",
            dependencies: [
                "BatchCommands", "ControlAPI", "HTTPServing", hummingbird, logging, nio, nioPosix,
            ],
            swiftSettings: settings
        ),
        .testTarget(name: "EnvTests", dependencies: ["BatchCore", "Env"], swiftSettings: settings),
        .testTarget(
            name: "SpoolTests",
            dependencies: ["BatchCore", "Env", "Spool", crypto],
            swiftSettings: settings
        ),
        .testTarget(
            name: "StripeBatchTests",
            dependencies: ["BatchCore", "Env", "StripeBatch", "StripeSimulator", nio, nioPosix],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Env", "HTTPServing", "batchd", "batchctl", "batchsim", "batchbench", grdb, httpClient,
                hummingbird, nio,
                nioFoundation, nioHTTP1, subprocess, system,
            ],
            swiftSettings: settings
        ),
        fuzzing,
        .testTarget(
            name: "TortureTests",
            dependencies: ["BatchCore", "Env", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(name: "TidyTests", dependencies: ["BatchCore", "Env"], swiftSettings: settings),
        .testTarget(
            name: "StripeSimulatorTests",
            dependencies: ["StripeSimulator", httpClient, nio, nioHTTP1],
            swiftSettings: settings
        ),
    ]
)
