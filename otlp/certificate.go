package otlp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
)

// readCertPool reads the certificates that sign the receiver's.
func readCertPool(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in it")
	}
	return pool, nil
}

// keyPair is the client's certificate and key, in two files that are renewed while the
// program runs. It looks at the files at each handshake and reads them when they have
// changed. While they cannot be read, or one has been replaced and the other not yet,
// the last good pair stays in use.
type keyPair struct {
	certFile, keyFile string

	mu       sync.Mutex
	cert     *tls.Certificate
	version  pairVersion // of the files that cert is from
	reported pairVersion // of the files that could not be used, reported once
}

// pairVersion differs when one of the two files has changed.
type pairVersion struct{ cert, key fileVersion }

type fileVersion struct {
	modified time.Time
	size     int64
}

func newKeyPair(certFile, keyFile string) (*keyPair, error) {
	p := &keyPair{certFile: certFile, keyFile: keyFile}
	version := p.current()
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	p.cert, p.version = &cert, version
	return p, nil
}

// get is a tls.Config's GetClientCertificate.
func (p *keyPair) get(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()

	// The version is taken before the files are read: a change in between is found at
	// the next handshake.
	version := p.current()
	if version == p.version {
		return p.cert, nil
	}
	cert, err := tls.LoadX509KeyPair(p.certFile, p.keyFile)
	if err == nil {
		p.cert, p.version = &cert, version
		return p.cert, nil
	}
	if version != p.reported {
		p.reported = version
		report(fmt.Errorf("otlp: the client certificate was renewed, but %s and %s cannot be used; "+
			"the one before stays: %w", p.certFile, p.keyFile, err))
	}
	return p.cert, nil
}

func (p *keyPair) current() pairVersion {
	return pairVersion{versionOf(p.certFile), versionOf(p.keyFile)}
}

// versionOf returns the zero version for a file that cannot be looked at.
func versionOf(file string) fileVersion {
	info, err := os.Stat(file)
	if err != nil {
		return fileVersion{}
	}
	return fileVersion{info.ModTime(), info.Size()}
}

// report hands an error to the global handler, on a goroutine of its own: the default
// handler writes to the standard logger, which may lead back to the processor that
// waits for this export.
func report(err error) {
	go func() {
		defer func() { _ = recover() }() // the handler is the program's own, which must not end for it
		otel.Handle(err)
	}()
}
