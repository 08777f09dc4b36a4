import CZstd

/// The shape of our zstd files: a sequence of independent frames, each of a limited number of raw bytes.
///
/// Independent frames make a partial resumable and any offset reachable; any zstd reader takes them as one
/// stream. Each frame carries its raw size and a checksum.
struct FrameShape {
    /// The most raw bytes in a frame.
    let rawLimit: Int
    /// As zstd has it: below 0 is faster than 1, and larger.
    let level: Int32

    /// What is kept for good.
    static let archive = FrameShape(rawLimit: 1 << 20, level: 1)
    /// What is written once, sent and removed. Level -5 costs less than writing the bytes that it saves. Many files
    /// are read at a time, so their frames are small.
    static let spool = FrameShape(rawLimit: 256 << 10, level: -5)

    /// The most bytes that such a frame takes when stored.
    var storedLimit: Int { ZSTD_compressBound(rawLimit) }
}

/// Compresses frames.
struct FrameEncoder: ~Copyable {
    private let context: OpaquePointer
    private let output: Buffer
    private let shape: FrameShape

    init(_ shape: FrameShape) {
        guard let context = ZSTD_createCCtx() else { fatalError("out of memory") }
        self.shape = shape
        output = Buffer(capacity: shape.storedLimit)
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, shape.level)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        self.context = context
    }

    deinit {
        ZSTD_freeCCtx(context)
    }

    /// `raw` as one frame, valid until the next call.
    func encode(_ raw: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        precondition(raw.count <= shape.rawLimit)
        let size = ZSTD_compress2(
            context, output.bytes.baseAddress, output.bytes.count, raw.baseAddress, raw.count)
        precondition(ZSTD_isError(size) == 0, "zstd failed in memory that was large enough")
        return output.prefix(size)
    }
}

/// Decompresses frames.
struct FrameDecoder: ~Copyable {
    private let context: OpaquePointer
    private let output: Buffer

    init(_ shape: FrameShape) {
        guard let context = ZSTD_createDCtx() else { fatalError("out of memory") }
        output = Buffer(capacity: shape.rawLimit)
        self.context = context
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// The raw bytes of a whole frame, valid until the next call; nil when it is damaged.
    func decode(_ frame: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard rawSize(of: frame) != nil else { return nil }
        let size = ZSTD_decompressDCtx(
            context, output.bytes.baseAddress, output.bytes.count, frame.baseAddress, frame.count)
        return ZSTD_isError(size) == 0 ? output.prefix(size) : nil
    }

    /// The raw size that a frame's head states; nil when it is none of ours.
    func rawSize(of frame: UnsafeRawBufferPointer) -> Int? {
        // Both error values are above any size.
        let size = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
        return size <= UInt64(output.bytes.count) ? Int(size) : nil
    }

    /// How many bytes the frame at the start of `bytes` takes; nil when it is not all there, or damaged.
    static func storedSize(ofFirstFrameIn bytes: UnsafeRawBufferPointer) -> Int? {
        let size = ZSTD_findFrameCompressedSize(bytes.baseAddress, bytes.count)
        return ZSTD_isError(size) == 0 ? size : nil
    }
}
