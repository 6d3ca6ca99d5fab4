package receiver

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc"
)

// Command is the first argument of a process that runs a receiver.
const Command = "receive"

// Main serves until standard input ends. It writes two addresses to standard output, one
// a line: the first accepts OTLP over gRPC, the second accepts lines.
func Main() error {
	var listen net.ListenConfig
	otlp, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	lines, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	collogs.RegisterLogsServiceServer(server, acknowledge{})
	go func() { _ = server.Serve(otlp) }()
	go readLines(lines)
	fmt.Printf("%s\n%s\n", otlp.Addr(), lines.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	server.Stop()
	return err
}

// acknowledge accepts every request. A request has been decoded before Export is called.
type acknowledge struct {
	collogs.UnimplementedLogsServiceServer
}

func (acknowledge) Export(context.Context, *collogs.ExportLogsServiceRequest) (*collogs.ExportLogsServiceResponse, error) {
	return &collogs.ExportLogsServiceResponse{}, nil
}

func readLines(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}()
	}
}
