/// The version of all three programs, written here and nowhere else.
package let batchdVersion = "0.1.0"
