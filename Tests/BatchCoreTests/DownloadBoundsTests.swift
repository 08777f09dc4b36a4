import BatchCore
import Testing

/// A download that never ends must not fill the disk.
@Suite struct DownloadBoundsTests {
    private func reason(_ bounds: DownloadBounds, _ end: Int64, free: Int64 = 0) throws -> String? {
        var bounds = bounds
        do {
            try bounds.check(end, free: { free })
            return nil
        } catch let overrun as DownloadBounds.Overrun {
            return overrun.reason
        }
    }

    @Test func whatIsStatedIsTakenOnAnyDiskAndNotAByteMore() throws {
        let bounds = DownloadBounds(stated: 1000, isStatedWrong: false, minFree: 1)
        #expect(try reason(bounds, 1000) == nil)
        #expect(try reason(bounds, 1001) == "the results go on behind the 1000 bytes that Stripe states")
    }

    @Test func whatIsNotStatedLeavesTheReserveAlone() throws {
        for stated in [1000, nil] as [Int64?] {
            let bounds = DownloadBounds(stated: stated, isStatedWrong: true, minFree: 50)
            #expect(try reason(bounds, 1001, free: 50) == nil)
            #expect(
                try reason(bounds, 1001, free: 49)
                    == "the results go on behind what Stripe states, and 49 bytes are left")
        }
    }

    @Test func theDiskIsLookedAtAgainAfterEachStride() throws {
        var bounds = DownloadBounds(stated: nil, isStatedWrong: false, minFree: 1)
        var looks = 0
        for end in stride(from: Int64(1), through: 3 * DownloadBounds.stride, by: 1 << 20) {
            try bounds.check(end) {
                looks += 1
                return 1
            }
        }
        #expect(looks == 3)
    }

    @Test func nothingIsEndless() throws {
        let bounds = DownloadBounds(stated: nil, isStatedWrong: false, minFree: 0)
        #expect(try reason(bounds, DownloadBounds.mostUnstated) == nil)
        #expect(try reason(bounds, DownloadBounds.mostUnstated + 1) != nil)
    }
}
