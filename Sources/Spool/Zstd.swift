import CZstd

/// The shape of our zstd files: a sequence of independent frames, each of at most 1 MiB of raw bytes.
///
/// Independent frames make a partial resumable and any offset reachable; any zstd reader takes them as one
/// stream. Each frame carries its raw size and a checksum.
enum FrameShape {
    /// The most raw bytes in a frame.
    static let rawLimit = 1 << 20
    /// The most bytes that such a frame takes when stored.
    static let storedLimit = ZSTD_compressBound(rawLimit)
}

/// Compresses frames.
struct FrameEncoder: ~Copyable {
    private let context: OpaquePointer
    private let output = Buffer(capacity: FrameShape.storedLimit)

    init() {
        guard let context = ZSTD_createCCtx() else { fatalError("out of memory") }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        self.context = context
    }

    deinit {
        ZSTD_freeCCtx(context)
    }

    /// `raw` as one frame, valid until the next call.
    func encode(_ raw: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        precondition(raw.count <= FrameShape.rawLimit)
        let size = ZSTD_compress2(
            context, output.bytes.baseAddress, output.bytes.count, raw.baseAddress, raw.count)
        precondition(ZSTD_isError(size) == 0, "zstd failed in memory that was large enough")
        return output.prefix(size)
    }
}

/// Decompresses frames.
struct FrameDecoder: ~Copyable {
    private let context: OpaquePointer
    private let output = Buffer(capacity: FrameShape.rawLimit)

    init() {
        guard let context = ZSTD_createDCtx() else { fatalError("out of memory") }
        self.context = context
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// The raw bytes of a whole frame, valid until the next call; nil when it is damaged.
    func decode(_ frame: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard Self.rawSize(of: frame) != nil else { return nil }
        let size = ZSTD_decompressDCtx(
            context, output.bytes.baseAddress, output.bytes.count, frame.baseAddress, frame.count)
        return ZSTD_isError(size) == 0 ? output.prefix(size) : nil
    }

    /// The raw size that a frame's head states; nil when it is none of ours.
    static func rawSize(of frame: UnsafeRawBufferPointer) -> Int? {
        // Both error values are above any size.
        let size = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
        return size <= UInt64(FrameShape.rawLimit) ? Int(size) : nil
    }

    /// How many bytes the frame at the start of `bytes` takes; nil when it is not all there, or damaged.
    static func storedSize(ofFirstFrameIn bytes: UnsafeRawBufferPointer) -> Int? {
        let size = ZSTD_findFrameCompressedSize(bytes.baseAddress, bytes.count)
        return ZSTD_isError(size) == 0 ? size : nil
    }
}
