import Glibc

/// A fresh folder in one that is removed when the process ends, in memory where there is such a place.
package func freshFolder() -> String {
    var template = Array("\(root)/XXXXXX\0".utf8CString)
    return String(cString: mkdtemp(&template))
}

private let root: String = {
    let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(place)/batchd-tests-XXXXXX\0".utf8CString)
    let path = String(cString: mkdtemp(&template))
    atexit { system("rm -rf '\(root)'") }
    return path
}()
