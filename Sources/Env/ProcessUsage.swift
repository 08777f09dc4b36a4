import Glibc

/// What this process uses of the machine.
package struct ProcessUsage: Sendable {
    /// Its memory that is in use.
    package let residentBytes: Int64
    /// Its file descriptors.
    package let descriptors: Int
    /// Its time on processors.
    package let cpuSeconds: Double

    /// As it is now.
    package init() throws(FileFault) {
        descriptors = try FileSystem.names(in: "/proc/self/fd").count
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        cpuSeconds =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        // The kernel's files have no size to go by: one read gets all of it.
        let file = try OpenFile("/proc/self/statm", .read)
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = try bytes.withUnsafeMutableBufferPointer { buffer throws(FileFault) in
            try file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        let fields = String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: " ")
        let pages = fields.count > 1 ? Int64(fields[1]) ?? 0 : 0
        residentBytes = pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }
}
